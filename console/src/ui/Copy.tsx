import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, IconButton } from './Button.tsx'

const useCopied = () => {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = (text: string) => navigator.clipboard.writeText(text).then(() => setCopied(true))
  return { copied, copy }
}

/** Copies a text and says so in place. */
export function CopyIcon({ text, what, className, tabIndex }: { text: string; what: string; className?: string; tabIndex?: number }) {
  const { copied, copy } = useCopied()
  return (
    <IconButton
      label={copied ? 'Copied' : `Copy ${what}`}
      icon={copied ? <Check className="text-ok" /> : <Copy />}
      className={`-my-1 !size-6 [&_svg]:!size-3.5 ${className ?? ''}`}
      tabIndex={tabIndex}
      onClick={(event) => {
        event.stopPropagation()
        void copy(text)
      }}
    />
  )
}

export function CopyButton({ text, label, main = false }: { text: string; label: string; main?: boolean }) {
  const { copied, copy } = useCopied()
  return (
    <Button kind={main ? 'main' : 'plain'} icon={copied ? <Check /> : <Copy />} onClick={() => void copy(text)}>
      <span aria-live="polite">{copied ? 'Copied' : label}</span>
    </Button>
  )
}
