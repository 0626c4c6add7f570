import { testUnwritableRunnerFiles } from './unwritable-runner-files.ts'

testUnwritableRunnerFiles(['/dev/full', '/nowhere/at-all', '/proc/version'])
