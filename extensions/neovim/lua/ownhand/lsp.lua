--- What differs between the language clients of Neovim 0.10, 0.11 and 0.12.
local M = {}

M.NAME = "ownhand"

---@param filter? vim.lsp.get_clients.Filter
---@return vim.lsp.Client[]
function M.clients(filter)
  return vim.lsp.get_clients(vim.tbl_extend("force", { name = M.NAME }, filter or {}))
end

--- The client that serves a buffer.
---@param buffer? integer 0 or none: the current one
---@return vim.lsp.Client?
function M.client_of(buffer)
  return M.clients({ bufnr = buffer or 0 })[1]
end

--- The folder that a client serves, nil for loose texts.
---@param client vim.lsp.Client
---@return string?
function M.folder_of(client)
  return client.root_dir or client.config.root_dir
end

local methods_take_self = vim.fn.has("nvim-0.11") == 1

---@param client vim.lsp.Client
---@param name string
---@param ... any
local function call(client, name, ...)
  if methods_take_self then
    return client[name](client, ...)
  end
  return client[name](...)
end

--- Send a request; changes of the buffer that still wait are sent before it.
---@param client vim.lsp.Client
---@param method string
---@param params table
---@param handler fun(err: lsp.ResponseError?, result: any)
---@param buffer integer
---@return integer? request_id
function M.request(client, method, params, handler, buffer)
  local _, id = call(client, "request", method, params, handler, buffer)
  return id
end

--- Send a notification; changes of all buffers that still wait are sent before it.
---@param client vim.lsp.Client
---@param method string
---@param params table
function M.notify(client, method, params)
  call(client, "notify", method, params)
end

---@param client vim.lsp.Client
---@param id integer
function M.cancel(client, id)
  call(client, "cancel_request", id)
end

---@param client vim.lsp.Client
---@return boolean
function M.is_stopped(client)
  return call(client, "is_stopped")
end

---@param client vim.lsp.Client
function M.stop(client)
  call(client, "stop")
end

---@param client vim.lsp.Client
---@return string[] commands that the server offers
function M.commands(client)
  local provider = client.server_capabilities and client.server_capabilities.executeCommandProvider
  return type(provider) == "table" and provider.commands or {}
end

--- Run a command of the server. One that it doesn't know is not sent.
---@param client vim.lsp.Client
---@param command string
---@param arguments? any[]
---@param handler? fun(err: lsp.ResponseError?, result: any)
---@param buffer? integer
---@return boolean sent
function M.execute(client, command, arguments, handler, buffer)
  if not vim.tbl_contains(M.commands(client), command) then
    return false
  end
  local params = { command = command, arguments = arguments }
  M.request(client, "workspace/executeCommand", params, handler or function() end, buffer or 0)
  return true
end

return M
