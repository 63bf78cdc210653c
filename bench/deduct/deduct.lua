-- For wrk: deductions of one credit, each from one of 1,000 merchants and with an operation of its own.
math.randomseed(os.time())
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
local template = '{"amount":1,"reason":"usage","operation_id":"%08x-%04x-4%03x-8%03x-%06x%06x"}'
request = function()
  local r = math.random
  local body = string.format(template, r(0, 0x7fffffff), r(0, 0xffff), r(0, 0xfff), r(0, 0xfff), r(0, 0xffffff), r(0, 0xffffff))
  return wrk.format(nil, "/api/v1/merchants/m" .. r(0, 999) .. "/credits/deduct", nil, body)
end
