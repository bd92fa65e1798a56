--- Telling and asking the writer without disturbing the writing.
local notice = require("ownhand.notice")

local M = {}

local TITLE = "Ownhand"
local levels = { vim.log.levels.ERROR, vim.log.levels.WARN, vim.log.levels.INFO, vim.log.levels.INFO }

---@type string[] newest last
M.history = {}

--- What servers complained of: the server says each cause once, and gives it as the reason while it lasts.
---@type table<string, true>
M.complaints = {}

---@return boolean
local function is_writing()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == "i"
end

---@return boolean did no other plug-in take over |vim.notify()|? Neovim 0.12 holds its own without a file's name.
local function is_plain_notify()
  local source = debug.getinfo(vim.notify, "S").source
  return source:match("^@?vim/") ~= nil or source:match("^=?%?$") ~= nil
end

--- A message longer than the last line of the screen would make Neovim wait for a key: it is shortened, and all of it
--- kept for |:Ownhand-messages|.
---@param message string
---@return string
local function fitting(message)
  if not is_plain_notify() then
    return message
  end
  local room = math.max(20, vim.v.echospace - vim.api.nvim_strwidth(TITLE) - 2)
  if vim.api.nvim_strwidth(message) <= room then
    return message
  end
  local hint = "… :Ownhand messages"
  return vim.fn.strcharpart(message, 0, math.max(0, room - vim.api.nvim_strwidth(hint))) .. hint
end

---@param message string
local function remember(message)
  M.history[#M.history + 1] = os.date("%H:%M ") .. message
  if #M.history > 50 then
    table.remove(M.history, 1)
  end
end

local AGAIN_MS = 2000
local last, last_at = "", 0

--- Say something, once: what is said again at once (a server's complaint, and the reason why nothing came) is not.
---@param message string
---@param level? integer
function M.say(message, level)
  message = vim.trim(message:gsub("%s*\n%s*", " "))
  local repeated, now = message == last, vim.uv.now()
  if repeated and now - last_at < AGAIN_MS then
    return
  end
  last, last_at = message, now
  if not repeated then
    remember(message)
  end
  vim.schedule(function()
    if is_writing() and is_plain_notify() then
      notice.show(TITLE .. ": " .. message)
      return
    end
    -- A screen that still has to be drawn would wipe the message out.
    vim.cmd.redraw()
    vim.notify(TITLE .. ": " .. fitting(message), level or vim.log.levels.INFO)
  end)
end

--- Say something that can wait, and is no question: not while the writer types.
---@param message string
function M.say_at_rest(message)
  if not is_writing() then
    return M.say(message)
  end
  vim.api.nvim_create_autocmd("InsertLeave", {
    once = true,
    callback = vim.schedule_wrap(function()
      M.say(message)
    end),
  })
end

--- Show lines in a window that `q` closes, in place of an older page of that title.
---@param title string
---@param lines string[]
function M.page(title, lines)
  local name = "ownhand://" .. title
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_get_name(buffer) == name then
      vim.api.nvim_buf_delete(buffer, { force = true })
    end
  end
  vim.cmd("botright new")
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = "nofile", "wipe", false
  vim.api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  vim.bo[buffer].modifiable = false
  vim.wo.wrap, vim.wo.linebreak, vim.wo.breakindent = true, true, true
  vim.api.nvim_buf_set_name(buffer, name)
  vim.api.nvim_win_set_height(0, math.min(#lines + 1, math.floor(vim.o.lines / 2)))
  vim.keymap.set("n", "q", "<Cmd>close<CR>", { buffer = buffer, nowait = true })
end

--- Handler of `window/showMessage`.
---@param params lsp.ShowMessageParams
function M.on_message(_, params)
  M.complaints[params.message] = true
  M.say(params.message, levels[params.type] or vim.log.levels.INFO)
end

--- Call back as soon as the writer is not in the middle of typing.
---@param action fun()
function M.when_resting(action)
  if not is_writing() then
    return vim.schedule(action)
  end
  M.say("a question waits for you; press <Esc> to see it")
  vim.api.nvim_create_autocmd("InsertLeave", {
    once = true,
    callback = vim.schedule_wrap(function()
      notice.hide()
      action()
    end),
  })
end

--- Handler of `window/showMessageRequest`: a question with buttons becomes |vim.ui.select()|. It never pops up while
--- the writer types. No choice is answered with null.
---@param params lsp.ShowMessageRequestParams
function M.on_question(_, params)
  local actions = params.actions or {}
  local waiting = coroutine.running()
  if #actions == 0 or #vim.api.nvim_list_uis() == 0 or not waiting then
    M.say(params.message)
    return vim.NIL
  end
  M.when_resting(function()
    vim.ui.select(actions, {
      prompt = TITLE .. ": " .. params.message,
      kind = "ownhand.question",
      format_item = function(action)
        return action.title
      end,
    }, function(choice)
      vim.schedule(function()
        coroutine.resume(waiting, choice or vim.NIL)
      end)
    end)
  end)
  return coroutine.yield()
end

return M
