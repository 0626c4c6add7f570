import { bundlePackages } from './scripts/jest/packages.ts'

/** @type {() => Promise<import('jest').Config>} */
export default async () => ({
  testEnvironment: '<rootDir>/scripts/jest/environment.ts',
  runtime: '<rootDir>/scripts/jest/runtime.ts',
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true, diagnostics: false }] },
  moduleNameMapper: await bundlePackages(),
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/'],
  // Looked up through the sandbox these cost more than the work done with them.
  sandboxInjectedGlobals: ['Float64Array', 'Uint8Array', 'Uint32Array', 'Int32Array', 'Math'],
  restoreMocks: true,
  // Only what hangs should meet this; how fast a machine is belongs in the bench.
  testTimeout: 30_000,
  // What one file after another loads stays in memory; collecting it takes longer than a new worker.
  workerIdleMemoryLimit: '1GB',
  // One more than the two cores of a runner: the tests of the built action wait more than they compute.
  maxWorkers: 3
})
