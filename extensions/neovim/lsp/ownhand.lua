-- The base that |vim.lsp.config()| extends in Neovim 0.11 and later; what you set there comes on top of it.
return require("ownhand.client").configuration()
