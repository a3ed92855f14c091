import type { Frame, Page } from 'playwright-core'

/** Opens the view of a session at a path of the product, and gives its frame when that page is there, or the one it leads to. */
export const stepIn = async (page: Page, consoleUrl: string, sessionId: string, path: string, leadsTo = path): Promise<Frame> => {
  await page.goto(`${consoleUrl}/sessions/${sessionId}/view?path=${encodeURIComponent(path)}`)
  const isThere = (frame: Frame) => frame.parentFrame() === page.mainFrame() && new URL(frame.url()).pathname === leadsTo
  const frame = page.frames().find(isThere) ?? (await page.waitForEvent('framenavigated', isThere))
  await frame.waitForLoadState('domcontentloaded')
  return frame
}
