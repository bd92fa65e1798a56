--- Starting the server, attaching buffers to it, and bringing it back when it died.
local config = require("ownhand.config")
local lsp = require("ownhand.lsp")
local messages = require("ownhand.messages")
local status = require("ownhand.status")

local M = {}

local has_lsp_config = vim.fn.has("nvim-0.11") == 1
local MARKERS = { ".ownhandignore", ".obsidian", ".git" }
local RETRIES = { 500, 3000, 10000 }
local STEADY_MS = 60000

--- The folder of this plug-in: extensions/neovim of a clone (also when a link leads there), or a copy of it.
local this_file = vim.fn.fnamemodify(debug.getinfo(1, "S").source:sub(2), ":p")
local plugin_folder = vim.fn.fnamemodify(vim.uv.fs_realpath(this_file) or this_file, ":h:h:h")

--- How to start the server, nil when it isn't installed: what the writer named, `ownhand` on the search path, or the
--- environment of the clone that this plug-in belongs to.
---@return string[]?
function M.command()
  if #config.current.cmd > 0 then
    return config.current.cmd
  end
  local clone = vim.fs.dirname(vim.fs.dirname(plugin_folder))
  for _, program in ipairs({ "ownhand", clone .. "/.venv/bin/ownhand", clone .. "/.venv/Scripts/ownhand.exe" }) do
    if vim.fn.executable(program) == 1 then
      return { vim.fn.exepath(program), "serve" }
    end
  end
end

--- The manuscript folder of a buffer: the nearest folder with a sign of being one (`.obsidian`, `.git`,
--- `.ownhandignore`), else the current folder when the file lies in it. Never the home folder or one above it: a text
--- there is a loose one.
---@param buffer integer
---@return string?
function M.folder_of(buffer)
  local given = config.current.root_dir
  if given then
    return type(given) == "function" and given(buffer) or given --[[@as string]]
  end
  local name = vim.api.nvim_buf_get_name(buffer)
  if name == "" then
    return nil
  end
  local home = vim.fs.normalize(vim.uv.os_homedir() or "~")
  local function fits(folder)
    return folder and vim.fs.normalize(folder) ~= home and not vim.startswith(home .. "/", folder:gsub("/?$", "/"))
  end
  local marked = vim.fs.root(buffer, MARKERS)
  if fits(marked) then
    return marked
  end
  local here = vim.fs.normalize(vim.fn.getcwd())
  return fits(here) and vim.startswith(vim.fs.normalize(name), here .. "/") and here or nil
end

---@return table
local function capabilities()
  local able = vim.lsp.protocol.make_client_capabilities()
  able.textDocument.inlineCompletion = { dynamicRegistration = false }
  return able
end

--- Bring the server back for the buffers that it served.
---@param buffers integer[]
local function revive(buffers)
  for _, buffer in ipairs(buffers) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      M.start(buffer)
    end
  end
end

local stopping = false
local failures, started_at = 0, 0

---@param buffers integer[]
---@param how string
local function recover(buffers, how)
  if vim.uv.now() - started_at > STEADY_MS then
    failures = 0
  end
  failures = failures + 1
  local pause = RETRIES[failures]
  if pause then
    vim.defer_fn(function()
      revive(buffers)
    end, pause)
    return
  end
  local next_step = "`ownhand doctor` in a terminal says what is missing. Then :Ownhand start"
  status.trouble = ("the server ended again and again %s; %s"):format(how, next_step)
  messages.say(status.trouble, vim.log.levels.WARN)
end

---@type table<vim.lsp.rpc.PublicClient, { code: integer, signal: integer }>
local endings = setmetatable({}, { __mode = "k" })

--- Start the server's process. Neovim would announce an unexpected end in several lines and wait for a key, in the
--- middle of a sentence: it is told of a quiet end, and how it really ended is kept for us.
---@param dispatchers vim.lsp.rpc.Dispatchers
---@return vim.lsp.rpc.PublicClient
local function spawn(dispatchers)
  local ending = {}
  local quiet = setmetatable({
    on_exit = function(code, signal)
      ending.code, ending.signal = code, signal
      dispatchers.on_exit(0, 0)
    end,
  }, { __index = dispatchers })
  local rpc = vim.lsp.rpc.start(M.command() or { "ownhand", "serve" }, quiet)
  endings[rpc] = ending
  return rpc
end

---@param code integer
---@param signal integer
---@param client_id integer
local function on_exit(code, signal, client_id)
  local client = vim.lsp.get_client_by_id(client_id)
  local ending = client and endings[client.rpc] or {}
  code, signal = ending.code or code, ending.signal or signal
  vim.schedule(function()
    status.forget(client_id)
    require("ownhand.session").leave()
    local buffers = M.served[client_id] or {}
    M.served[client_id] = nil
    local wanted = stopping or vim.v.exiting ~= vim.NIL or (code == 0 and signal == 0)
    if not wanted and #vim.tbl_keys(buffers) > 0 then
      recover(vim.tbl_keys(buffers), signal ~= 0 and ("(signal %d)"):format(signal) or ("(exit code %d)"):format(code))
    end
  end)
end

--- Buffers by client, kept because a client that died knows them no more.
---@type table<integer, table<integer, true>>
M.served = {}

--- What |vim.lsp.config()| and |vim.lsp.start()| are given.
---@return vim.lsp.ClientConfig
function M.configuration()
  local settings = { ownhand = config.current.settings }
  return {
    name = lsp.NAME,
    cmd = spawn,
    filetypes = config.current.filetypes,
    root_dir = has_lsp_config and function(buffer, ready)
      if M.is_installed() then
        ready(M.folder_of(buffer))
      end
    end or nil,
    capabilities = capabilities(),
    settings = settings,
    -- The server then takes nothing for seen that we didn't report.
    init_options = { ownhand = config.current.settings, reportsShown = true },
    handlers = {
      ["ownhand/status"] = status.on_status,
      ["window/showMessage"] = messages.on_message,
      ["window/showMessageRequest"] = messages.on_question,
    },
    on_exit = on_exit,
  }
end

--- Is the server there? Says so once when it isn't.
---@return boolean
function M.is_installed()
  local command = has_lsp_config and vim.lsp.config[lsp.NAME].cmd or nil
  command = type(command) == "table" and command or M.command()
  if command and vim.fn.executable(command[1]) == 1 then
    status.trouble = nil
    return true
  end
  if not status.trouble then
    status.trouble =
      "the program `ownhand` was not found; :help ownhand-install says how to get it. Then :Ownhand start"
    messages.say(status.trouble, vim.log.levels.WARN)
    status.changed()
  end
  return false
end

--- May this buffer be served at all? Two nameless buffers would share one name in the protocol: one is enough.
---@param buffer integer
---@return boolean
local function is_candidate(buffer)
  if vim.bo[buffer].buftype ~= "" or not vim.bo[buffer].modifiable then
    return false
  end
  if vim.api.nvim_buf_get_name(buffer) ~= "" then
    return true
  end
  for _, client in ipairs(lsp.clients()) do
    for other in pairs(client.attached_buffers) do
      if other ~= buffer and vim.api.nvim_buf_get_name(other) == "" then
        return false
      end
    end
  end
  return true
end

--- Serve a buffer, starting the server when none runs for its folder.
---@param buffer integer
---@return boolean started
function M.start(buffer)
  if not is_candidate(buffer) or not M.is_installed() then
    return false
  end
  stopping = false
  local final = has_lsp_config and vim.deepcopy(vim.lsp.config[lsp.NAME]) or M.configuration()
  final.root_dir = M.folder_of(buffer)
  return vim.lsp.start(final, { bufnr = buffer }) ~= nil
end

--- The current directory changed: a loose text may lie in a folder now. It is served anew, as one of that folder.
function M.folder_changed()
  for _, client in ipairs(lsp.clients()) do
    if lsp.folder_of(client) == nil then
      for buffer in pairs(vim.deepcopy(client.attached_buffers)) do
        if M.folder_of(buffer) then
          M.served[client.id][buffer] = nil
          vim.lsp.buf_detach_client(buffer, client.id)
          M.start(buffer)
        end
      end
      if next(client.attached_buffers) == nil then
        lsp.stop(client)
      end
    end
  end
end

--- Stop every server of ours.
function M.stop()
  stopping = true
  for _, client in ipairs(lsp.clients()) do
    lsp.stop(client)
  end
end

--- Take changed options to servers that run already.
function M.push_settings()
  local settings = { ownhand = config.current.settings }
  for _, client in ipairs(lsp.clients()) do
    client.settings = settings
    lsp.notify(client, "workspace/didChangeConfiguration", { settings = settings })
  end
end

--- Change one setting of Ownhand for this sitting: in the servers that run, and in those that will be started.
---@param key string without "ownhand."
---@param value any
function M.change_setting(key, value)
  config.current.settings["ownhand." .. key] = nil
  config.current.settings[key] = value
  if has_lsp_config then
    vim.lsp.config(lsp.NAME, { settings = { ownhand = { [key] = value } } })
  end
  for _, client in ipairs(lsp.clients()) do
    local own = vim.tbl_extend("force", (client.settings or {}).ownhand or {}, { [key] = value })
    client.settings = vim.tbl_extend("force", client.settings or {}, { ownhand = own })
    lsp.notify(client, "workspace/didChangeConfiguration", { settings = client.settings })
  end
end

---@param buffer integer
---@param client vim.lsp.Client
function M.attached(buffer, client)
  M.served[client.id] = M.served[client.id] or {}
  M.served[client.id][buffer] = true
  started_at, status.trouble = vim.uv.now(), nil
  -- Neovim 0.12 would draw our suggestions, too, as soon as anybody switches on its own ghost text for the buffer.
  client.server_capabilities.inlineCompletionProvider = nil
end

---@param buffer integer
---@return boolean
local function is_wanted_nameless(buffer)
  return config.current.nameless and vim.bo[buffer].filetype == "" and vim.api.nvim_buf_get_name(buffer) == ""
end

--- Start by itself from now on.
---@param group integer
function M.start_automatically(group)
  vim.api.nvim_create_autocmd("InsertEnter", {
    group = group,
    callback = function(event)
      if is_wanted_nameless(event.buf) and not lsp.client_of(event.buf) then
        M.start(event.buf)
      end
    end,
  })
  if has_lsp_config then
    vim.lsp.enable(lsp.NAME)
    return
  end
  local function start(buffer)
    if vim.tbl_contains(config.current.filetypes, vim.bo[buffer].filetype) then
      M.start(buffer)
    end
  end
  vim.api.nvim_create_autocmd("FileType", {
    group = group,
    callback = function(event)
      start(event.buf)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      start(buffer)
    end
  end
end

return M
