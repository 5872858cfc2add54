-- A new row each time. Arguments: a word that no other run has, the path.
-- Every body has the same length, so that all but a number is made beforehand.

local threads = 0
local count = 0
local head, middle, tail

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

function init(arguments)
  middle = string.format('{"email":"%s-%d-', arguments[1], number)
  tail = '@example.com","name":"Somebody New","is_active":true,"tags":["new"]}'
  wrk.headers["Content-Type"] = "application/json"
  head = wrk.format("POST", arguments[2], nil, string.rep(" ", #middle + 9 + #tail))
  head = string.gsub(head, " *$", "") .. middle
end

function request()
  count = count + 1
  return head .. string.format("%09d", count) .. tail
end
