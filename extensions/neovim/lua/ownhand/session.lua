--- The suggestion that lives at the cursor: asked for, shown, typed through, accepted by parts, dropped.
---
--- One suggestion lives at a time. While the writer's keys continue it, its remainder is worked out here and shown at
--- once; the server is asked all the same, but nothing it answers may replace a remainder that still fits.
local ghost = require("ownhand.ghost")
local lsp = require("ownhand.lsp")
local reports = require("ownhand.reports")
local text = require("ownhand.text")
local waiting = require("ownhand.waiting")

local M = {}

local INVOKED, AUTOMATIC = 1, 2
local namespace = vim.api.nvim_create_namespace("ownhand.anchor")

---@class ownhand.Live : ownhand.Told its text begins at the anchor
---@field mark integer extended mark of the anchor
---@field before string the anchor's line up to the anchor
---@field after string the rest of the cursor's line

---@class ownhand.Question
---@field client vim.lsp.Client
---@field request? integer
---@field kind integer
---@field buffer integer
---@field tick integer
---@field row integer
---@field column integer

---@type ownhand.Live?
local live
---@type ownhand.Question?
local question

--- Is a list of words (or another plug-in's imitation of one) open?
---@return boolean
local function popup_is_open()
  if vim.fn.pumvisible() == 1 then
    return true
  end
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= "" then
      local kind = vim.bo[vim.api.nvim_win_get_buf(window)].filetype
      if kind == "cmp_menu" or kind == "blink-cmp-menu" then
        return true
      end
    end
  end
  return false
end

---@return boolean
local function is_inserting()
  return vim.api.nvim_get_mode().mode:sub(1, 1) == "i" and vim.fn.reg_executing() == ""
end

--- What is left of the live suggestion at the cursor: "" when all was typed, nil when the text went another way.
---@return string?
local function remainder()
  if not live or vim.api.nvim_get_current_buf() ~= live.buffer then
    return nil
  end
  local anchor = vim.api.nvim_buf_get_extmark_by_id(live.buffer, namespace, live.mark, {})
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  row = row - 1
  if not anchor[1] or row < anchor[1] or (row == anchor[1] and column < anchor[2]) then
    return nil
  end
  local _, breaks = live.text:gsub("\n", "")
  if row - anchor[1] > breaks then
    return nil
  end
  local head = vim.api.nvim_buf_get_lines(live.buffer, anchor[1], anchor[1] + 1, false)[1]
  local line = vim.api.nvim_get_current_line()
  if head:sub(1, anchor[2]) ~= live.before or line:sub(column + 1) ~= live.after then
    return nil
  end
  local typed = table.concat(vim.api.nvim_buf_get_text(live.buffer, anchor[1], anchor[2], row, column, {}), "\n")
  if not vim.startswith(live.text, typed) then
    return nil
  end
  local rest = live.text:sub(#typed + 1)
  return text.starts_inside_character(rest) and nil or rest
end

local function drop()
  ghost.clear()
  if live and vim.api.nvim_buf_is_valid(live.buffer) then
    vim.api.nvim_buf_clear_namespace(live.buffer, namespace, 0, -1)
  end
  live = nil
end

local function cancel()
  local asked = question
  question = nil
  if not asked then
    return
  end
  if asked.request and not lsp.is_stopped(asked.client) then
    lsp.cancel(asked.client, asked.request)
  end
  waiting.over(asked)
end

--- Draw the remainder; once it is on the screen, report that the suggestion was shown.
---@param rest string
local function show(rest)
  ghost.draw(rest)
  local shown = live --[[@as ownhand.Live]]
  ghost.when_drawn(function()
    reports.drawn(shown)
  end)
end

---@param item table
---@return string
local function text_of(item)
  local inserted = item.insertText
  inserted = type(inserted) == "table" and inserted.value or inserted
  return (tostring(inserted or ""):gsub("\r\n?", "\n"))
end

---@param item table
---@param inserted string
---@return string
local function id_of(item, inserted)
  local arguments = type(item.command) == "table" and item.command.arguments
  return type(arguments) == "table" and tostring(arguments[1]) or inserted
end

--- Make `item` the live suggestion, anchored at the cursor.
---@param item table
---@param inserted string
local function adopt(item, inserted)
  drop()
  local buffer = vim.api.nvim_get_current_buf()
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local line = vim.api.nvim_get_current_line()
  live = {
    id = id_of(item, inserted),
    item = item,
    text = inserted,
    buffer = buffer,
    mark = vim.api.nvim_buf_set_extmark(buffer, namespace, row - 1, column, { right_gravity = false }),
    before = line:sub(1, column),
    after = line:sub(column + 1),
  }
end

---@param asked ownhand.Question
---@return boolean is the writer still where the question was asked?
local function still_there(asked)
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  return vim.api.nvim_get_current_buf() == asked.buffer
    and vim.api.nvim_buf_get_changedtick(asked.buffer) == asked.tick
    and row == asked.row
    and column == asked.column
end

--- Take the server's answer. What came late, or would disturb a remainder that still fits, is passed over.
---@param asked ownhand.Question
---@param result any
local function take_answer(asked, result)
  if question ~= asked then
    return
  end
  question = nil
  waiting.over(asked)
  if not is_inserting() or not still_there(asked) or popup_is_open() then
    return
  end
  local item = type(result) == "table" and (result.items or result)[1]
  local inserted = type(item) == "table" and text_of(item) or ""
  if inserted == "" then
    if asked.kind == INVOKED then
      require("ownhand.status").say_why()
    end
    return
  end
  local rest = remainder()
  if rest and rest ~= "" and asked.kind == AUTOMATIC then
    if inserted == rest or not vim.startswith(inserted, rest) then
      return
    end
  end
  adopt(item, inserted)
  show(inserted)
end

---@param kind integer
local function ask(kind)
  local buffer = vim.api.nvim_get_current_buf()
  local client = lsp.client_of(buffer)
  if not client or vim.bo[buffer].readonly or not vim.bo[buffer].modifiable then
    return
  end
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  if question and kind == AUTOMATIC and still_there(question) then
    return
  end
  cancel()
  local asked = {
    client = client,
    kind = kind,
    buffer = buffer,
    tick = vim.api.nvim_buf_get_changedtick(buffer),
    row = row,
    column = column,
  }
  question = asked
  if kind == INVOKED then
    waiting.begin(asked)
  end
  local character = text.column(vim.api.nvim_get_current_line(), column, client.offset_encoding)
  asked.request = lsp.request(client, "textDocument/inlineCompletion", {
    textDocument = { uri = vim.uri_from_bufnr(buffer) },
    position = { line = row - 1, character = character },
    context = { triggerKind = kind },
  }, function(_, result)
    take_answer(asked, result)
  end, buffer)
end

--- The text or the cursor changed in Insert mode.
function M.refresh()
  if not is_inserting() or popup_is_open() then
    ghost.clear()
    cancel()
    return
  end
  local rest = remainder()
  if rest and rest ~= "" then
    show(rest)
  else
    drop()
  end
  ask(AUTOMATIC)
end

--- The list of words opened: hide, but keep what is live.
function M.hide()
  ghost.clear()
  cancel()
end

--- Insert mode or the buffer was left.
function M.leave()
  cancel()
  drop()
end

--- The window changed its size: break the rows anew.
function M.redraw()
  local rest = ghost.is_shown() and remainder()
  if rest and rest ~= "" then
    show(rest)
  end
end

--- Can the writer see a suggestion now? A key that was pressed before it reached the screen isn't meant for it.
---@return boolean
function M.is_visible()
  return live ~= nil and ghost.is_shown() and reports.was_seen(live) and (remainder() or "") ~= ""
end

--- Ask now, whatever the pause and the trigger say. A suggestion that is shown gives way to another one.
function M.ask()
  if is_inserting() then
    ask(INVOKED)
  end
end

---@param piece string
local function insert(piece)
  -- An undo of its own: `u` takes back what was accepted and nothing that was typed.
  vim.cmd("let &g:undolevels = &g:undolevels")
  local row, column = unpack(vim.api.nvim_win_get_cursor(0))
  local lines = vim.split(piece, "\n", { plain = true })
  vim.api.nvim_buf_set_text(0, row - 1, column, row - 1, column, lines)
  local last = lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines - 1, #lines == 1 and column + #last or #last })
end

---@param cut fun(rest: string): string what to take of the remainder
---@return boolean accepted
local function accept(cut)
  local rest = M.is_visible() and remainder() or ""
  if not live or rest == "" then
    return false
  end
  local taken = live
  local piece = cut(rest)
  cancel()
  ghost.clear()
  insert(piece)
  if #piece == #rest then
    drop()
    reports.took_all(taken)
  else
    ghost.draw(rest:sub(#piece + 1))
    reports.took_part(taken, text.utf16_length(taken.text:sub(1, #taken.text - #rest + #piece)))
  end
  return true
end

---@return boolean accepted
function M.accept()
  return accept(function(rest)
    return rest
  end)
end

---@return boolean accepted
function M.accept_word()
  return accept(text.first_word)
end

---@return boolean accepted
function M.accept_line()
  return accept(text.first_line)
end

--- Take the suggestion away. This says nothing about the writer's hand.
---@return boolean dismissed
function M.dismiss()
  local put_away = M.is_visible() and live or nil
  if not put_away then
    return false
  end
  cancel()
  drop()
  reports.dismissed(put_away)
  return true
end

--- "Not mine": the suggestion that is shown, or the one seen last.
---@param reason? string
---@param handler? fun(err: lsp.ResponseError?, result: any)
---@return ownhand.Told|false rejected
function M.reject(reason, handler)
  local here = live and reports.was_seen(live) and live or nil
  cancel()
  drop()
  return reports.rejected(here, reason, handler) or false
end

return M
