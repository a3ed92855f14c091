import { runnerPath } from '@countersign/contract/runner.ts'
import { enterPath, openPath, reservedPrefix } from '@countersign/contract/views.ts'
import { Refusal } from '../../errors.ts'
import type { Exchange, Gate } from '../exchange.ts'
import { answerEnter } from './enter.ts'
import type { Browsers } from './headers.ts'
import { answerOpen, answerRunner } from './own.ts'
import { answerPreflight } from './preflight.ts'

type Answer = (exchange: Exchange, gate: Gate, browsers: Browsers) => void | Promise<void>

/** Pages of ours at the origins of views. No request for a path below their prefix ever reaches the product. */
const pages: Readonly<Record<string, Answer>> = {
  [enterPath]: answerEnter,
  [openPath]: answerOpen,
  [runnerPath]: answerRunner,
}

/** Answers what is not for the product: pages of ours, and what browsers ask before a script of a sister origin sends. */
export const answerReserved = async (exchange: Exchange, gate: Gate): Promise<boolean> => {
  const { browsers } = gate
  if (!browsers) return false
  if (exchange.method === 'OPTIONS') {
    answerPreflight(exchange, gate)
    return true
  }
  if (!exchange.path.startsWith(reservedPrefix)) return false
  const page = Object.hasOwn(pages, exchange.path) ? pages[exchange.path] : undefined
  if (!page) throw new Refusal('not_found')
  await page(exchange, gate, browsers)
  return true
}
