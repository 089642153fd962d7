-- Poll the report status of a random world and service.
-- Arguments: path with %s for the service, number of worlds, services separated by commas, token.
local requests = {}

function init(args)
   local path, worlds, services, token = args[1], tonumber(args[2]), args[3], args[4]
   for world = 1, worlds do
      for service in services:gmatch("[^,]+") do
         local headers = { ["X-Authorization"] = token, ["X-Mock-World"] = "bench-" .. world }
         requests[#requests + 1] = wrk.format("GET", path:format(service), headers)
      end
   end
   math.randomseed(42)
end

function request()
   return requests[math.random(#requests)]
end

dofile(debug.getinfo(1, "S").source:sub(2):match("^(.*/)") .. "report.lua")
