import { Link } from '@tanstack/react-router'
import { CircleSlash } from 'lucide-react'
import { useEffect } from 'react'
import { buttonClass } from '../../ui/Button.tsx'

export function NotFound() {
  useEffect(() => {
    document.title = 'Nothing here · Countersign'
  }, [])
  return (
    <main className="flex h-full flex-col items-center justify-center gap-1 px-6 text-center">
      <CircleSlash aria-hidden="true" strokeWidth={1.5} className="mb-3 size-7 text-faint" />
      <h1 className="font-semibold text-lg">There is nothing at this address</h1>
      <p className="max-w-[48ch] text-soft">
        Check the address, or start from the first page. Another tenant’s things are not shown either.
      </p>
      <Link to="/" className={`${buttonClass('plain')} mt-4`}>
        Go to the first page
      </Link>
    </main>
  )
}
