" Findings, defects and errors of clauses in the quickfix list when a document or a rule is saved (Vim and Neovim).
" Source this file from your vimrc, or put it into a folder `plugin`.
let s:words = {'error': 'e', 'conflict': 'e', 'consent': 'e', 'defect': 'e', 'failed': 'e', 'flag': 'w', 'note': 'i'}

function! s:item(line) abort
  let found = matchlist(a:line, '\v^(.{-}):(\d+):(\d+): (undetermined )?([a-z]+)%(\[([a-z0-9-]+)\])? (.+)$')
  if empty(found) || !has_key(s:words, found[5])
    return {}
  endif
  let type = empty(found[4]) ? s:words[found[5]] : 'w'
  let text = (empty(found[6]) ? '' : found[6] . ': ') . found[7]
  return {'filename': found[1], 'lnum': str2nr(found[2]), 'col': str2nr(found[3]), 'type': type, 'text': text}
endfunction

function! ClausesQuickfix(...) abort
  let lines = systemlist('clauses ' . join(map(copy(a:000), 'shellescape(v:val)')))
  call setqflist(filter(map(lines, 's:item(v:val)'), '!empty(v:val)'))
  cwindow
endfunction

augroup clauses
  autocmd!
  autocmd BufWritePost */term-sheets/*.yaml call ClausesQuickfix('check', '--format', 'concise', expand('%'))
  autocmd BufWritePost */rules/*.yaml,*/pack.yaml call ClausesQuickfix('lint', '--format', 'concise')
augroup END
