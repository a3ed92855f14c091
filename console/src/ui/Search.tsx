import { useRouter } from '@tanstack/react-router'
import clsx from 'clsx'
import { Search as Glass, X } from 'lucide-react'
import { type ComponentProps, useEffect, useRef, useState } from 'react'
import { IconButton } from './Button.tsx'
import { inputClass } from './Field.tsx'

type Props = Omit<ComponentProps<'input'>, 'value' | 'onChange'> & {
  value: string
  onSearch: (value: string) => void
  label: string
  big?: boolean
  delayMs?: number
}

/** A search field: answers after a short rest, `/` brings the focus here. */
export function Search({ value, onSearch, label, big = false, delayMs = 200, className, ...rest }: Props) {
  const router = useRouter()
  const [typed, setTyped] = useState(value)
  const sent = useRef(value)
  const input = useRef<HTMLInputElement>(null)

  // A change from outside, such as the back button, is shown; what is being typed is left alone.
  useEffect(() => {
    if (value === sent.current) return
    sent.current = value
    setTyped(value)
  }, [value])

  useEffect(() => {
    if (typed === sent.current) return
    let timer: ReturnType<typeof setTimeout>
    const send = () => {
      // On the way to another page, a search would call the person back.
      if (router.state.status === 'pending') {
        timer = setTimeout(send, 50)
        return
      }
      sent.current = typed
      onSearch(typed)
    }
    timer = setTimeout(send, delayMs)
    return () => clearTimeout(timer)
  }, [typed, onSearch, delayMs, router])

  return (
    <div className={clsx('relative flex items-center', className)}>
      <Glass
        aria-hidden="true"
        className={clsx('pointer-events-none absolute text-faint', big ? 'left-3.5 size-4.5' : 'left-2.5 size-3.5')}
      />
      <input
        ref={input}
        type="search"
        data-page-search
        aria-label={label}
        autoComplete="off"
        spellCheck={false}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') typed ? setTyped('') : input.current?.blur()
          const first = event.key === 'ArrowDown' ? document.querySelector<HTMLElement>('#main tr[data-row="0"]') : null
          if (!first) return
          event.preventDefault()
          first.focus()
        }}
        className={clsx(inputClass, big ? 'h-11 pr-10 pl-10 !text-lg' : 'h-8 pr-8 pl-8 pointer-coarse:h-10')}
        {...rest}
      />
      {typed ? (
        <IconButton
          label="Clear"
          icon={<X />}
          className={clsx(
            'absolute !size-6 pointer-coarse:!size-10',
            big ? 'right-2.5 pointer-coarse:right-0.5' : 'right-1 pointer-coarse:right-0',
          )}
          onClick={() => {
            setTyped('')
            input.current?.focus()
          }}
        />
      ) : (
        <kbd className="absolute right-2 rounded-sm border border-line bg-sunk px-1.5 text-faint text-xs pointer-coarse:hidden">/</kbd>
      )}
    </div>
  )
}
