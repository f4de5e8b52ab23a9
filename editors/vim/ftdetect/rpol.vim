autocmd BufRead,BufNewFile *.rpol setfiletype rpol
