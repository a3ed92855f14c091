import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { browserHint, findBrowser } from '../../scripts/browser.mjs'

export type Chromium = {
  context: BrowserContext
  page: Page
  /** What the page complained about: exceptions, and everything that its policy stopped. */
  complaints: string[]
  close(): Promise<void>
}

/** What Chromium would otherwise keep from frames of other sites: cookies of theirs and storage. */
const withStorageInFrames = { profile: { block_third_party_cookies: false, cookie_controls_mode: 0 } }

type Options = { width?: number; scheme?: 'light' | 'dark'; storageInFrames?: boolean; args?: string[] }

/** A real Chromium with a profile of its own. */
export const openChromium = async (options: Options = {}): Promise<Chromium> => {
  const executablePath = findBrowser()
  if (!executablePath) throw new Error(`There is no browser. ${browserHint}`)
  const profile = mkdtempSync(join(tmpdir(), 'countersign-browser-'))
  if (options.storageInFrames) {
    mkdirSync(join(profile, 'Default'))
    writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(withStorageInFrames))
  }
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: options.width ?? 1440, height: 900 },
    colorScheme: options.scheme ?? 'light',
    // What still moves is not hit where it was seen.
    reducedMotion: 'reduce',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...(options.args ?? []),
    ],
  })
  context.setDefaultTimeout(60_000)
  const complaints: string[] = []
  const page = context.pages()[0] ?? (await context.newPage())
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  return {
    context,
    page,
    complaints,
    close: async () => {
      await context.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
