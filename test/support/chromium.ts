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

export type Looks = { width?: number; scheme?: 'light' | 'dark' }

/** What Chromium would otherwise keep from frames of other sites: cookies of theirs and storage. */
const withStorageInFrames = { profile: { block_third_party_cookies: false, cookie_controls_mode: 0 } }

export const contextOptions = ({ width = 1440, scheme = 'light' }: Looks) => ({
  viewport: { width, height: 900 },
  colorScheme: scheme,
  // What still moves is not hit where it was seen.
  reducedMotion: 'reduce' as const,
})

type Options = Looks & { storageInFrames?: boolean; args?: string[] }

/** A browser that keeps its profile in this folder. */
export const launchIn = async (profile: string, options: Options): Promise<BrowserContext> => {
  const executablePath = findBrowser()
  if (!executablePath) throw new Error(`There is no browser. ${browserHint}`)
  if (options.storageInFrames) {
    mkdirSync(join(profile, 'Default'))
    writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(withStorageInFrames))
  }
  return await chromium.launchPersistentContext(profile, {
    ...contextOptions(options),
    executablePath,
    headless: true,
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
}

export const openPage = async (context: BrowserContext): Promise<Chromium> => {
  context.setDefaultTimeout(60_000)
  const complaints: string[] = []
  const page = context.pages()[0] ?? (await context.newPage())
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  return { context, page, complaints, close: () => context.close() }
}

/** A real Chromium of its own. */
export const openChromium = async (options: Options = {}): Promise<Chromium> => {
  const profile = mkdtempSync(join(tmpdir(), 'countersign-browser-'))
  const opened = await openPage(await launchIn(profile, options))
  return {
    ...opened,
    close: async () => {
      await opened.close()
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
