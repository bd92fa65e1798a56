-- Sourced at start-up when the plug-in lies in a 'packpath' or 'runtimepath' folder. Plug-in managers that add this
-- folder later get the same from require("ownhand").setup().
if vim.g.loaded_ownhand then
  return
end
vim.g.loaded_ownhand = true
require("ownhand").register()
