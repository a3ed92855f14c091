import type { NewEvent } from '@countersign/contract/events.ts'

/** What was noticed about the row of an event, by its number. */
export type Suspicion = { n: string; why: string }

const notes = {
  kept_out: 'A row among the events was not written by this program and was kept out of the log.',
  passed_over: 'Somebody had an event passed over. It was found, and is put into the log.',
  moved: 'Somebody changed how far the log is said to be.',
}

/** A suspicion as it stands on the log. Nothing of the event itself is repeated: whoever wrote it chose the words. */
export const suspect = (origin: string, kind: keyof typeof notes, { n, why }: Suspicion): NewEvent => ({
  action: 'LOG.TAMPER.SUSPECTED',
  result: 'error',
  actor: { kind: 'system', id: 'sequencer' },
  target: { kind: 'log', id: origin },
  note: notes[kind],
  details: { n, why },
})
