import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext } from 'playwright-core'
import { type Chromium, contextOptions, type Looks, launchIn, openPage } from './chromium.ts'
import { server } from './database.ts'

let launched: Promise<BrowserContext> | undefined

/** Ends with this process: its only connection is a pipe of ours. Its folder goes with those of the run. */
const findBrowser = async () => {
  launched ??= launchIn(mkdtempSync(join(server().folder, 'browser-')), {})
  const browser = (await launched).browser()
  if (!browser) throw new Error('the browser has one profile only')
  return browser
}

/**
 * A profile of its own in the Chromium that the files of this process share, which is sooner had than one of their own. As in a private
 * window, frames of other sites have no cookies: what shows a product in a view needs `openChromium`.
 */
export const openProfile = async (looks: Looks = {}): Promise<Chromium> =>
  openPage(await (await findBrowser()).newContext(contextOptions(looks)))
