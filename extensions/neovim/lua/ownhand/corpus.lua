--- `:Ownhand corpus` as a page to read, in the words of `ownhand corpus` in a terminal.
local wording = require("ownhand.wording")

local M = {}

local is_given, number, padded = wording.is_given, wording.number, wording.padded

local TITLE_WIDTH = 36

---@class ownhand.Piece
---@field id string
---@field path string
---@field title string
---@field form string "prose" or "verse"
---@field words integer
---@field mine string "mine", "not mine" or "question"
---@field held_out? string
---@field copy_of? string

---@param count integer
---@return string
local function pieces_in_words(count)
  return wording.counted(count, "piece")
end

---@param count integer
---@return string
local function counted_words(count)
  return wording.counted(count, "word")
end

---@param piece ownhand.Piece
---@param several boolean its file holds other pieces, too
---@return string
local function note_of(piece, several)
  local notes = {}
  if is_given(piece.copy_of) then
    notes[1] = "an older draft; the newest one counts"
  elseif piece.mine == "not mine" then
    notes[1] = "not mine"
  elseif piece.mine ~= "mine" then
    notes[1] = "yours? `:Ownhand mine` or `not-mine` answers"
  elseif is_given(piece.held_out) then
    notes[1] = piece.held_out
  end
  if several then
    notes[#notes + 1] = "id " .. piece.id
  end
  return table.concat(notes, " · ")
end

---@param pieces ownhand.Piece[]
---@return string[] a heading for each file, a line for each of its pieces
local function list(pieces)
  local in_file = {}
  for _, piece in ipairs(pieces) do
    in_file[piece.path] = (in_file[piece.path] or 0) + 1
  end
  local lines, file = {}, nil
  for _, piece in ipairs(pieces) do
    if piece.path ~= file then
      file = piece.path
      lines[#lines + 1] = file
    end
    local facts = ("  %s  %s %9s"):format(padded(piece.title, TITLE_WIDTH), piece.form, counted_words(piece.words))
    local note = note_of(piece, in_file[piece.path] > 1)
    lines[#lines + 1] = note == "" and facts or facts .. "  " .. note
  end
  return lines
end

---@param totals table<string, integer>
---@param pieces ownhand.Piece[]
---@return string[]
local function sums(totals, pieces)
  local lines = {
    ("%s: %s of prose in %s, %s of verse in %d."):format(
      counted_words(totals.words or 0),
      number(totals.prose_words or 0),
      pieces_in_words(totals.prose_pieces or 0),
      number(totals.verse_words or 0),
      totals.verse_pieces or 0
    ),
  }
  if (totals.held_out_pieces or 0) > 0 then
    local reasons = {}
    for _, piece in ipairs(pieces) do
      if is_given(piece.held_out) then
        reasons[piece.held_out] = true
      end
    end
    local why = vim.tbl_keys(reasons)
    table.sort(why)
    lines[2] = ("Held out: %s, %s (%s)."):format(
      pieces_in_words(totals.held_out_pieces),
      counted_words(totals.held_out_words or 0),
      table.concat(why, "; ")
    )
  end
  return lines
end

--- The sums first: they are what most writers open the page for.
---@param answer table what `ownhand.corpus` answers of a folder that is learned from
---@return string[]
function M.lines(answer)
  local pieces, totals = answer.pieces or {}, answer.totals or {}
  local lines = { vim.fs.basename(answer.folder or "") .. ": " .. pieces_in_words(totals.pieces or #pieces), "" }
  if #pieces == 0 then
    lines[#lines + 1] = "No text here that Ownhand can read. It reads .md, .txt, .fountain, .org, .tex, .docx and .rtf."
  else
    vim.list_extend(lines, sums(totals, pieces))
    lines[#lines + 1] = is_given(answer.promise) and answer.promise or nil
  end
  lines[#lines + 1] = ""
  vim.list_extend(lines, list(pieces))
  for _, item in ipairs(answer.skipped or {}) do
    lines[#lines + 1] = ("Skipped: %s (%s)"):format(item.path, item.reason)
  end
  return lines
end

--- The paths of the pieces, each once.
---@param answer table
---@return string[]
function M.paths(answer)
  local seen, paths = {}, {}
  for _, piece in ipairs(answer.pieces or {}) do
    if not seen[piece.path] then
      seen[piece.path] = true
      paths[#paths + 1] = piece.path
    end
  end
  return paths
end

return M
