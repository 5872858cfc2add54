
-- What came of it, for whoever started this.
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"answers":%d,"micros":%d,"refused":%d,"failed":%d,"p50_micros":%d,"p99_micros":%d,"max_micros":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99), latency.max))
end
