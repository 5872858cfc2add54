-- One row by its id, a random one each time. Arguments: the seed, the file with the paths.
-- The requests are made beforehand, so that the load itself costs little.

local requests = {}
local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  math.randomseed(tonumber(arguments[1]) * 100 + number)
  for path in io.lines(arguments[2]) do
    requests[#requests + 1] = wrk.format("GET", path)
  end
end

function request()
  return requests[math.random(#requests)]
end
