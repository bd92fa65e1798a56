--- `:Ownhand reveal`: places in pages that were never learned from, each going on in three ways without a name.
---
--- The writer chooses at each place, is then told whose the texts are, and decides whether the voice may write.
local messages = require("ownhand.messages")

local M = {}

local namespace = vim.api.nvim_create_namespace("ownhand.reveal")

local LABELS = { yours = "yours", before = "before it learned", ["with your voice"] = "with your voice" }

---@class ownhand.Place
---@field title string
---@field before string
---@field texts string[]

---@class ownhand.Reveal what is on the page
---@field buffer integer
---@field adapter string
---@field places ownhand.Place[]
---@field chosen integer[] by place; 0: none yet
---@field rows integer[] the first row of each place
---@field labels? string[][]
---@field sentence? string said once the labels are
---@field decided? string
---@field ask fun(command: string, arguments: any[], answered: fun(answer: table))

local BLIND = {
  "Which one is you?",
  "",
  "These are places in pages of yours that Ownhand never learned from. Each goes on in three ways: as you wrote it, "
    .. "as the model wrote before it learned, and as it writes now. They stand in no order.",
  "",
  "Choose at each place the one that sounds most like you: press 1, 2 or 3. Then press Enter, and you are told whose "
    .. "they are. q closes the page.",
}

--- Line ends around a text would be empty rows; an indent at its start belongs to it.
---@param text string
---@return string[]
local function rows_of(text)
  local trimmed = text:gsub("%s+$", "")
  while trimmed:match("^[ \t]*\r?\n") do
    trimmed = trimmed:gsub("^[ \t]*\r?\n", "", 1)
  end
  return vim.split(trimmed:gsub("^ (%S)", "%1"):gsub("\r", ""), "\n", { plain = true })
end

---@class ownhand.RevealPage
---@field lines string[]
---@field groups table<integer, string> highlight groups by row, from 1

---@param page ownhand.RevealPage
---@param line string
---@param group? string
local function add(page, line, group)
  page.lines[#page.lines + 1] = line
  page.groups[#page.lines] = group
end

---@param view ownhand.Reveal
---@param place integer
---@param text integer
---@return string
local function name_of(view, place, text)
  if not view.labels then
    return tostring(text)
  end
  local label = (view.labels[place] or {})[text] or ""
  local chosen = view.chosen[place] == text and ", chosen by you" or ""
  return (LABELS[label] or label) .. chosen
end

---@param view ownhand.Reveal
---@param page ownhand.RevealPage
---@param number integer
local function add_place(view, page, number)
  local place = view.places[number]
  add(page, "")
  view.rows[number] = #page.lines + 1
  add(page, ("%d of %d: %s"):format(number, #view.places, place.title), "Title")
  for _, row in ipairs(rows_of(place.before)) do
    add(page, "    " .. row, "Comment")
  end
  for index, text in ipairs(place.texts) do
    local group = view.chosen[number] == index and "OwnhandChosen" or nil
    add(page, "")
    add(page, ("%s %s"):format(group and ">" or " ", name_of(view, number, index)), group or "Label")
    for _, row in ipairs(rows_of(text)) do
      add(page, "    " .. row, group)
    end
  end
end

---@param view ownhand.Reveal
---@return ownhand.RevealPage
local function page_of(view)
  local page = { lines = {}, groups = {} }
  local head = BLIND
  if view.labels then
    local decision = "u: use it, suggestions come in your voice from now on.  n: not yet, all stays as it was."
    head = { "Whose they are", "", view.sentence or "", "", view.decided or decision }
  end
  for index, line in ipairs(head) do
    add(page, line, index == 1 and "Title" or nil)
  end
  for number in ipairs(view.places) do
    add_place(view, page, number)
  end
  return page
end

---@param view ownhand.Reveal
local function draw(view)
  if not vim.api.nvim_buf_is_valid(view.buffer) then
    return
  end
  local page = page_of(view)
  vim.bo[view.buffer].modifiable = true
  vim.api.nvim_buf_set_lines(view.buffer, 0, -1, false, page.lines)
  vim.bo[view.buffer].modifiable = false
  vim.api.nvim_buf_clear_namespace(view.buffer, namespace, 0, -1)
  for row, group in pairs(page.groups) do
    vim.api.nvim_buf_set_extmark(view.buffer, namespace, row - 1, 0, { end_col = #page.lines[row], hl_group = group })
  end
end

---@param view ownhand.Reveal
---@return integer place the one that the cursor stands in, or the first
local function place_here(view)
  local row, here = vim.api.nvim_win_get_cursor(0)[1], 1
  for number, first in ipairs(view.rows) do
    here = first <= row and number or here
  end
  return here
end

---@param view ownhand.Reveal
---@return integer? place
local function first_open(view)
  for number, chosen in ipairs(view.chosen) do
    if chosen == 0 then
      return number
    end
  end
end

--- The cursor goes to the place, and all of it onto the screen where it fits.
---@param view ownhand.Reveal
---@param place integer
local function go_to(view, place)
  vim.api.nvim_win_set_cursor(0, { view.rows[place], 0 })
  vim.cmd("normal! zt")
end

---@param view ownhand.Reveal
---@param text integer
local function choose(view, text)
  local place = place_here(view)
  if view.labels or not view.places[place].texts[text] then
    return
  end
  view.chosen[place] = text
  draw(view)
  local open = first_open(view)
  if open then
    go_to(view, open)
  else
    messages.say("press Enter to be told whose they are.")
  end
end

---@param view ownhand.Reveal
local function tell(view)
  local open = first_open(view)
  if view.labels then
    return
  end
  if open then
    messages.say(("choose at place %d, too: press 1, 2 or 3."):format(open))
    return go_to(view, open)
  end
  local indices = vim.tbl_map(function(text)
    return text - 1
  end, view.chosen)
  view.ask("ownhand.reveal", { { adapter = view.adapter, chosen = indices } }, function(answer)
    if type(answer.labels) == "table" then
      view.labels, view.sentence = answer.labels, answer.sentence
      draw(view)
      vim.api.nvim_win_set_cursor(0, { 1, 0 })
    end
  end)
end

---@param view ownhand.Reveal
---@param command string
---@param otherwise string
local function decide(view, command, otherwise)
  if not view.labels or view.decided then
    return
  end
  view.ask(command, { view.adapter }, function(answer)
    view.decided = type(answer.sentence) == "string" and answer.sentence or otherwise
    draw(view)
    messages.say(view.decided)
  end)
end

---@param view ownhand.Reveal
local function set_keys(view)
  local function map(key, action)
    vim.keymap.set("n", key, action, { buffer = view.buffer, nowait = true })
  end
  for text = 1, 3 do
    map(tostring(text), function()
      choose(view, text)
    end)
  end
  map("<CR>", function()
    tell(view)
  end)
  map("u", function()
    decide(view, "ownhand.activate", "your voice writes from now on.")
  end)
  map("n", function()
    decide(view, "ownhand.notYet", "all stays as it was; the voice is kept.")
  end)
  map("q", "<Cmd>bwipeout<CR>")
end

---@return integer buffer in a tab of its own
local function open_page()
  vim.api.nvim_set_hl(0, "OwnhandChosen", { link = "Visual", default = true })
  vim.cmd("tabnew")
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].buftype, vim.bo[buffer].bufhidden, vim.bo[buffer].swapfile = "nofile", "wipe", false
  vim.wo.wrap, vim.wo.linebreak, vim.wo.breakindent = true, true, true
  vim.wo.number, vim.wo.relativenumber, vim.wo.list = false, false, false
  vim.api.nvim_buf_set_name(buffer, "ownhand://reveal")
  return buffer
end

--- A voice without a place to show it at: what its exam found was said already.
---@param adapter string
---@param ask fun(command: string, arguments: any[], answered: fun(answer: table))
local function ask_plainly(adapter, ask)
  local prompt = "Ownhand: let your voice write from now on?"
  vim.ui.select({ "Use it", "Not yet" }, { prompt = prompt, kind = "ownhand.question" }, function(choice)
    if choice then
      ask(choice == "Use it" and "ownhand.activate" or "ownhand.notYet", { adapter }, function(answer)
        if type(answer.sentence) == "string" then
          messages.say(answer.sentence)
        end
      end)
    end
  end)
end

--- Show what the server answered.
---@param answer table what `ownhand.reveal` answers
---@param ask fun(command: string, arguments: any[], answered: fun(answer: table)) runs a command for the same folder
function M.show(answer, ask)
  if type(answer.places) ~= "table" then
    return
  end
  if #answer.places == 0 then
    ask_plainly(answer.adapter, ask)
    return
  end
  local old = vim.fn.bufnr("^ownhand://reveal$")
  if old > 0 then
    vim.api.nvim_buf_delete(old, { force = true })
  end
  local view = { buffer = open_page(), adapter = answer.adapter, places = answer.places, rows = {}, ask = ask }
  view.chosen = vim.tbl_map(function()
    return 0
  end, answer.places)
  draw(view)
  set_keys(view)
end

return M
