--- `:Ownhand whose`: underlines what came from suggestions and is still there, and says the shares.
local lsp = require("ownhand.lsp")
local messages = require("ownhand.messages")
local text = require("ownhand.text")
local wording = require("ownhand.wording")

local M = {}

local namespace = vim.api.nvim_create_namespace("ownhand.whose")
local SETTLED_MS = 500

local FROM = "from Ownhand"

--- The kinds of text, in the order in which their shares are told. Nobody can know what was typed by whom.
local KINDS = {
  { FROM, "came from Ownhand (underlined)" },
  { "not from Ownhand", "did not" },
  { "pasted", "was pasted" },
  { "not observed", "was not observed" },
}

local is_on = false

--- Define the highlight group, again after each change of the colour scheme. An underline needs no colour.
function M.define_highlight()
  vim.api.nvim_set_hl(0, "OwnhandFrom", { underline = true, cterm = { underline = true }, default = true })
end

---@param buffer integer
---@param position lsp.Position
---@param encoding string
---@return integer row
---@return integer column in bytes
local function place_of(buffer, position, encoding)
  local row = math.min(position.line, vim.api.nvim_buf_line_count(buffer))
  local line = vim.api.nvim_buf_get_lines(buffer, row, row + 1, false)[1] or ""
  return row, text.byte(line, position.character, encoding)
end

---@param buffer integer
---@param spans { range: lsp.Range, kind: string }[]
---@param encoding string
local function underline(buffer, spans, encoding)
  vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  for _, span in ipairs(spans) do
    if span.kind == FROM then
      local row, column = place_of(buffer, span.range.start, encoding)
      local end_row, end_column = place_of(buffer, span.range["end"], encoding)
      vim.api.nvim_buf_set_extmark(buffer, namespace, row, column, {
        end_row = end_row,
        end_col = end_column,
        hl_group = "OwnhandFrom",
        strict = false,
      })
    end
  end
end

---@param shares table<string, number>
---@return string
local function shares_in_words(shares)
  local parts = {}
  for _, kind in ipairs(KINDS) do
    local share = shares[kind[1]]
    if type(share) == "number" and (share > 0 or kind[1] == FROM) then
      parts[#parts + 1] = ("%s %s"):format(wording.percent(share), kind[2])
    end
  end
  return #parts > 0 and ("of this text %s."):format(table.concat(parts, ", ")) or "nothing is known of this text yet."
end

--- Take what the server knows. A text that has changed since is asked about again when it has settled.
---@param buffer integer
---@param answer any
---@param tick integer
---@param encoding string
local function take(buffer, answer, tick, encoding)
  if not is_on or not vim.api.nvim_buf_is_loaded(buffer) or type(answer) ~= "table" then
    return
  end
  if vim.api.nvim_buf_get_changedtick(buffer) == tick then
    underline(buffer, type(answer.spans) == "table" and answer.spans or {}, encoding)
  end
end

--- Ask the server, and underline.
---@param buffer integer
---@param answered? fun(answer: table)
---@return boolean asked
local function refresh(buffer, answered)
  local client = lsp.client_of(buffer)
  if not client then
    return false
  end
  local tick = vim.api.nvim_buf_get_changedtick(buffer)
  return lsp.execute(client, "ownhand.provenance", { vim.uri_from_bufnr(buffer) }, function(err, answer)
    take(buffer, answer, tick, client.offset_encoding)
    if answered then
      answered(err and { sentence = err.message } or type(answer) == "table" and answer or {})
    end
  end, buffer)
end

---@param buffer integer the text changed in
function M.changed(buffer)
  if not is_on then
    return
  end
  local tick = vim.api.nvim_buf_get_changedtick(buffer)
  vim.defer_fn(function()
    if is_on and vim.api.nvim_buf_is_loaded(buffer) and vim.api.nvim_buf_get_changedtick(buffer) == tick then
      refresh(buffer)
    end
  end, SETTLED_MS)
end

---@param buffer integer
function M.entered(buffer)
  if is_on then
    refresh(buffer)
  end
end

local function off()
  is_on = false
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    vim.api.nvim_buf_clear_namespace(buffer, namespace, 0, -1)
  end
end

---@param answer table
local function say(answer)
  if answer.sentence then
    off()
    messages.say(answer.sentence)
  elseif is_on then
    messages.say(shares_in_words(type(answer.shares) == "table" and answer.shares or {}))
  end
end

--- Underline, or no longer.
function M.toggle()
  if is_on then
    off()
    messages.say("underlines nothing any more.")
    return
  end
  local here = vim.api.nvim_get_current_buf()
  is_on = true
  if not refresh(here, say) then
    is_on = false
    local why = lsp.client_of(here) and "this server can't tell whose words a text is made of; update it."
      or "not running for this buffer; `:Ownhand start` starts it."
    messages.say(why, vim.log.levels.WARN)
    return
  end
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    local buffer = vim.api.nvim_win_get_buf(window)
    if buffer ~= here then
      refresh(buffer)
    end
  end
end

return M
