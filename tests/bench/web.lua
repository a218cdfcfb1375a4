-- Asks for one address after the other of those in a file, and tells in JSON how it went.
local asked, at, tag = {}, 0, os.getenv("BENCH_TAG")
for address in io.lines(os.getenv("BENCH_ADDRESSES")) do asked[#asked + 1] = address end

function init()
  wrk.headers["Host"] = "alerts.example"
  wrk.headers["Accept-Encoding"] = os.getenv("BENCH_ENCODING") or "gzip"
  if tag then wrk.headers["If-None-Match"] = tag end
  for number, address in ipairs(asked) do asked[number] = wrk.format("GET", address) end
end

function request()
  at = at % #asked + 1
  return asked[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('\n{"requests": %d, "seconds": %f, "bytes": %d, "bad": %d, "p50": %f, "p99": %f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e6, latency:percentile(99) / 1e6))
end
