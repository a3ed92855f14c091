import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { watchActivity } from './api/activity.ts'
import { onSignedOut } from './api/call.ts'
import { client } from './api/client.ts'
import './app.css'
import { beginFirst } from './first.ts'
import { goToSignIn } from './pages/sign-in/go.ts'
import { router } from './router.tsx'
import { applyTheme, readTheme } from './ui/theme.ts'

applyTheme(readTheme())
watchActivity()
onSignedOut((failure) => goToSignIn(failure.code))
beginFirst(location)

const place = document.getElementById('root')
if (!place) throw new Error('index.html has no #root')
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
