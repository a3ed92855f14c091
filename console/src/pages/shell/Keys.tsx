import { Fragment } from 'react'
import { useMe } from '../../api/me.ts'
import { Dialog } from '../../ui/Dialog.tsx'
import { commandKey, submitKey } from '../../ui/keys.ts'
import { pagesFor } from './pages.ts'

const everywhere = [
  [commandKey.split(' '), 'Search and commands'],
  [['/'], 'Search on this page'],
  [['?'], 'Show these shortcuts'],
  [['Esc'], 'Close what is open'],
] as const
const inTables = [
  [['j', '↓'], 'Next row'],
  [['k', '↑'], 'Previous row'],
  [['Enter', 'Space'], 'Open the row'],
  [['/', '↓'], 'From the search to its first row'],
] as const
const inForms = [
  [submitKey.split(' '), 'Submit the form'],
  [['Esc'], 'Close it; asks first if you wrote something'],
] as const

const onUsers = [[['i'], 'Impersonate: a read-only session on the user']] as const

type Entry = readonly [keys: readonly string[], what: string]

export function Keys({ onClose }: { onClose: () => void }) {
  const pages: Entry[] = pagesFor(useMe()).map((page) => [[page.key], page.name])
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose} wide>
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        <div className="flex flex-col gap-6">
          <Group title="Everywhere" entries={everywhere} />
          <Group title="In forms" entries={inForms} />
          <Group title="In tables" entries={inTables} />
        </div>
        <div className="flex flex-col gap-6">
          <Group title="Go to a page: first g, then" entries={pages} />
          <Group title="On a user" entries={onUsers} />
        </div>
      </div>
    </Dialog>
  )
}

function Group({ title, entries }: { title: string; entries: readonly Entry[] }) {
  return (
    <section>
      <h3 className="mb-2 border-line border-b pb-1 font-medium text-faint text-xs">{title}</h3>
      <dl className="grid grid-cols-[112px_1fr] items-center gap-x-4 gap-y-1.5 text-sm">
        {entries.map(([keys, what]) => (
          <Fragment key={what}>
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd key={key} className="min-w-6 rounded-sm border border-edge bg-sunk px-1.5 text-center font-sans text-xs">
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </Fragment>
        ))}
      </dl>
    </section>
  )
}
