--- `:checkhealth ownhand`
local M = {}

local health = vim.health

local function check_neovim()
  if vim.fn.has("nvim-0.10") == 1 then
    health.ok(("Neovim %s"):format(tostring(vim.version())))
  else
    health.error("Neovim is too old", "Ownhand needs Neovim 0.10 or newer.")
  end
end

local function check_program()
  local command = require("ownhand.client").command()
  if not command then
    health.error("The program `ownhand` was not found", {
      "Install it as |ownhand-install| says.",
      'Or name it: require("ownhand").setup({ cmd = { "/path/to/ownhand", "serve" } })',
    })
  elseif vim.fn.executable(command[1]) == 0 then
    health.error(("%s can't be run"):format(command[1]), "Mend `cmd` in your setup().")
  else
    health.ok(("Server: %s"):format(table.concat(command, " ")))
  end
end

local function check_clients()
  local clients = require("ownhand.lsp").clients()
  if #clients == 0 then
    health.info("No server runs: it starts with the first text file (see |ownhand-filetypes|).")
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(client.attached_buffers)
    local folder = client.root_dir or client.config.root_dir
    health.ok(("A server runs for %d buffer(s), folder: %s"):format(buffers, folder or "none (loose texts)"))
  end
  local trouble = require("ownhand.status").trouble
  if trouble then
    health.warn(trouble)
  end
end

local function check_keys()
  local set = require("ownhand.keys")
  local keys = set.mapped()
  for name, key in vim.spairs(keys) do
    local here = vim.fn.maparg(key, "i", false, true)
    if here.buffer == 1 then
      health.warn(
        ("%s (%s) is taken by another plug-in in this buffer"):format(key, set.help(name)),
        ("Call <Plug>(ownhand-%s) from that mapping, see |ownhand-keys|."):format((name:gsub("_", "-")))
      )
    else
      health.ok(("%s: %s"):format(key, set.help(name)))
    end
  end
  if vim.tbl_isempty(keys) then
    health.info("No keys are set; see |ownhand-keys|.")
  end
end

local others = { "copilot", "supermaven-nvim", "codeium", "tabnine", "minuet", "windsurf" }

local function check_others()
  local found = vim.tbl_filter(function(name)
    return package.loaded[name] ~= nil
  end, others)
  if vim.g.loaded_copilot == 1 then
    found[#found + 1] = "copilot.vim"
  end
  if #found > 0 then
    health.warn(
      "Other plug-ins draw ghost text, too: " .. table.concat(found, ", "),
      "Switch them off for text files, or two suggestions stand at one place."
    )
  else
    health.ok("No other plug-in draws ghost text.")
  end
end

function M.check()
  health.start("Ownhand")
  check_neovim()
  check_program()
  check_clients()
  health.start("Keys")
  check_keys()
  health.start("Neighbours")
  check_others()
end

return M
