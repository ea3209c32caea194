-- What wrk sends: the requests of a file, one after the other.
--
-- usage: wrk ... -s load.lua URL -- FILE [PAUSE_MS]
--
-- A line of FILE is "METHOD PATH TOKEN BODY", "-" for none; TOKEN goes as a
-- bearer's, or, if it is NAME=TOKEN, as a cookie.  PAUSE_MS is how
-- long a connection rests between an answer and the next request, at random
-- between none and twice that.
local requests = {}
local at = 0
local pause = 0

function init(args)
	for line in io.lines(args[1]) do
		local method, path, token, body =
		    line:match("^(%S+) (%S+) (%S+) (.*)$")
		local headers = { ["Host"] = wrk.headers["Host"] }
		if token:find("=", 1, true) then
			headers["Cookie"] = token
		elseif token ~= "-" then
			headers["Authorization"] = "Bearer " .. token
		end
		if body == "-" then
			body = nil
		else
			headers["Content-Type"] = "application/json"
		end
		requests[#requests + 1] =
		    wrk.format(method, path, headers, body)
	end
	at = math.random(#requests)
	pause = tonumber(args[2] or "0")
	if pause > 0 then
		delay = function() return math.random(0, 2 * pause) end
	end
end

function request()
	at = at % #requests + 1
	return requests[at]
end

function done(summary, latency)
	local e = summary.errors
	io.write(string.format(
	    "{\"requests\":%d,\"us\":%d,\"bytes\":%d,\"refused\":%d," ..
	    "\"broken\":%d,\"p50\":%d,\"p99\":%d,\"max\":%d}\n",
	    summary.requests, summary.duration, summary.bytes, e.status,
	    e.connect + e.read + e.write + e.timeout,
	    latency:percentile(50), latency:percentile(99), latency.max))
end
