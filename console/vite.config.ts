import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { mock } from './dev/mock.ts'

export default defineConfig(({ command }) => ({
  plugins: [react(), tailwind(), ...(command === 'serve' ? [mock()] : [])],
  build: {
    // The content security policy has no data: for fonts, so nothing is inlined.
    assetsInlineLimit: 0,
    sourcemap: false,
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    modulePreload: { polyfill: false },
  },
  server: { port: 4173, strictPort: true },
}))
