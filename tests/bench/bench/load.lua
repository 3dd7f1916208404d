-- wrk's script: sends requests that were written whole into a file, one after the other; prints what happened as one JSON line.
-- Arguments after `--`: the file (a line "<bytes>" before each request), and `cycle` (begin again at its end) or `once` (stop there).

local requests, at, cycle = {}, 0, true
exhausted = 0
local threads = {}

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    local file = assert(io.open(args[1], "rb"))
    while true do
        local size = file:read("*l")
        if not size then break end
        requests[#requests + 1] = assert(file:read(tonumber(size)))
        file:read(1)
    end
    file:close()
    cycle = args[2] == "cycle"
end

function request()
    at = at + 1
    if at > #requests then
        if cycle then
            at = 1
        else
            exhausted = 1
            wrk.thread:stop()
            at = #requests
        end
    end
    return requests[at]
end

function done(summary, latency, _)
    local ran_out = 0
    for _, thread in ipairs(threads) do
        ran_out = ran_out + thread:get("exhausted")
    end
    local errors = summary.errors
    io.write(string.format('\n{"requests":%d,"duration_us":%d,"bytes":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"not_2xx":%d,"broken":%d,"exhausted":%d}\n',
        summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.max,
        errors.status, errors.connect + errors.read + errors.write + errors.timeout, ran_out))
end
