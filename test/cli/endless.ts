// A run that hears that it is asked to end, and does not.
import { endOnSignals } from '../../src/cli/ending.ts'

const { asked } = endOnSignals('nothing was finished')
asked.addEventListener('abort', () => process.stdout.write('asked\n'))
setInterval(() => {}, 60_000)
process.stdout.write('runs\n')
