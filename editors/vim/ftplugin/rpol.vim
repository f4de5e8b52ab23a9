" Editing rpol policies: comments, indentation as `rpol fmt` has it, and `gq` by `rpol fmt`.
if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1

setlocal commentstring=#\ %s comments=:#
setlocal expandtab shiftwidth=4 softtabstop=4
setlocal suffixesadd=.rpol
setlocal include=^\\s*include
if executable('rpol')
  setlocal makeprg=rpol\ check\ %:S
  setlocal errorformat=%f:%l:%c:\ %t%*[a-z][%*[A-Z]%n]:\ %m,%-G%.%#
endif
let b:undo_ftplugin = 'setlocal commentstring< comments< expandtab< shiftwidth< softtabstop<'
      \ . ' suffixesadd< include< makeprg< errorformat<'
