import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, IconButton } from './Button.tsx'
import { writeClipboard } from './clipboard.ts'
import { ManualCopy } from './ManualCopy.tsx'

type Copying = { text: string; what: string; onCopied?: (() => void) | undefined }

/** Copies a text; where the browser refuses, `manual` is what the person copies from. */
export const useCopy = ({ text, what, onCopied }: Copying) => {
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle')
  useEffect(() => {
    if (state !== 'copied') return
    const timer = setTimeout(() => setState('idle'), 1500)
    return () => clearTimeout(timer)
  }, [state])
  const done = () => {
    setState('copied')
    onCopied?.()
  }
  const copy = async () => ((await writeClipboard(text)) ? done() : setState('refused'))
  const manual = state === 'refused' ? <ManualCopy text={text} what={what} onCopied={done} onClose={() => setState('idle')} /> : null
  return { isCopied: state === 'copied', copy: () => void copy(), manual }
}

/** Copies a text and says so in place. */
export function CopyIcon({ className, ...copying }: Copying & { className?: string }) {
  const { isCopied, copy, manual } = useCopy(copying)
  return (
    <span className={`inline-flex ${className ?? '-my-1'}`}>
      <IconButton
        label={isCopied ? 'Copied' : `Copy ${copying.what}`}
        icon={isCopied ? <Check className="text-ok" /> : <Copy />}
        className="!size-6 [&_svg]:!size-3.5 pointer-coarse:!size-8"
        onClick={(event) => {
          event.stopPropagation()
          copy()
        }}
      />
      {manual}
    </span>
  )
}

type ButtonProps = Copying & { label: string; main?: boolean; isFirst?: boolean }

export function CopyButton({ label, main = false, isFirst = false, ...copying }: ButtonProps) {
  const { isCopied, copy, manual } = useCopy(copying)
  return (
    <span className="inline-flex">
      <Button
        kind={main ? 'main' : 'plain'}
        icon={isCopied ? <Check /> : <Copy />}
        data-autofocus={isFirst || undefined}
        autoFocus={isFirst}
        onClick={copy}
      >
        <span aria-live="polite">{isCopied ? 'Copied' : label}</span>
      </Button>
      {manual}
    </span>
  )
}
