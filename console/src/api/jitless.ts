import { config } from 'zod'

// The content security policy forbids code from strings; without this, zod would try and be reported.
config({ jitless: true })
