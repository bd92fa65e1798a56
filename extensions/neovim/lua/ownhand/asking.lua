--- Running commands of the server for the buffer that the writer is in.
local lsp = require("ownhand.lsp")
local messages = require("ownhand.messages")

local M = {}

local PATIENCE_MS = 1000

--- The folder of the current buffer as the server knows it.
---@return string|vim.NIL
function M.folder()
  local serving = lsp.client_of()
  local root = serving and lsp.folder_of(serving)
  return type(root) == "string" and vim.uri_from_fname(root) or vim.NIL
end

--- Run a command. What stands in the way is said.
---@param name string without "ownhand."
---@param arguments any[]
---@param answered fun(answer: table)
function M.run(name, arguments, answered)
  local serving = lsp.client_of()
  if not serving then
    messages.say("not running for this buffer; `:Ownhand start` starts it.", vim.log.levels.WARN)
    return
  end
  M.of_client(serving)(name, arguments, answered)
end

--- The same for a client that is known, wherever the writer is by then.
---@param serving vim.lsp.Client
---@return fun(name: string, arguments: any[], answered: fun(answer: table))
function M.of_client(serving)
  return function(name, arguments, answered)
    local buffer = next(serving.attached_buffers)
    local sent = lsp.execute(serving, "ownhand." .. name, arguments, function(err, answer)
      if err then
        messages.say(err.message, vim.log.levels.WARN)
      elseif type(answer) == "table" then
        answered(answer)
      end
    end, buffer)
    if not sent then
      messages.say(("this server has no command %q."):format(name), vim.log.levels.WARN)
    end
  end
end

--- Run a command and wait for its answer, for completion.
---@param name string without "ownhand."
---@return table answer empty when none came
function M.now(name)
  local serving = lsp.client_of()
  local answer, done
  local sent = serving
    and lsp.execute(serving, "ownhand." .. name, { M.folder() }, function(_, result)
      answer, done = result, true
    end)
  if sent then
    vim.wait(PATIENCE_MS, function()
      return done
    end, 10)
  end
  return type(answer) == "table" and answer or {}
end

return M
