import { describe, expect, it } from 'vitest'
import { chooseGuest } from './guest-choice.ts'

const at = { keys: { env: { ANTHROPIC_API_KEY: 'k', OPENAI_API_KEY: 'k' }, saved: {} }, cwd: '/' }

describe('a guest on the command line', () => {
  it('is none where another agent is named', () => {
    expect(chooseGuest({ agent: 'native' }, [], at)).toBeUndefined()
    expect(chooseGuest({}, ['make'], at)).toBeUndefined()
  })

  it.each([
    ['claude-code', 'anthropic:m', 'anthropic'],
    ['codex', 'openai:m', 'openai-responses'],
    ['opencode', 'openai:m', 'openai-chat'],
  ])('%s with %s is asked over %s', (agent, model, api) => {
    expect(chooseGuest({ agent, model }, [], at)?.model.api).toBe(api)
  })

  it('has a server of one’s own asked in what it speaks', () => {
    const flags = { agent: 'codex', model: 'local:m', modelUrl: 'http://127.0.0.1:1/v1' }
    expect(chooseGuest(flags, [], at)?.model.api).toBe('openai-responses')
  })

  it.each([
    [{ agent: 'codex', model: 'anthropic:m' }, [], /speaks openai-responses/],
    [{ agent: 'claude-code', model: 'recorded:file' }, [], /recording/],
    [{ agent: 'claude-code', model: 'anthropic:m' }, ['make'], /takes no command/],
    [{ agent: 'command', model: 'anthropic:m' }, [], /nothing to start/],
    [{ agent: 'pi', model: 'openai:m', fallbackModel: 'openai:n' }, [], /one model/],
    [{ agent: 'pi', model: 'openai:m', rule: 'rule.yaml' }, [], /no rule/],
  ] as const)('is refused as a usage error: %j', (flags, command, message) => {
    expect(() => chooseGuest(flags, command, at)).toThrow(message)
  })

  it('of any other program takes its words from after the hyphens', () => {
    const chosen = chooseGuest({ agent: 'command', model: 'anthropic:m' }, ['tool', '{prompt_file}'], at)
    expect(chosen?.guest).toEqual({ kind: 'command', argv: ['tool', '{prompt_file}'] })
  })
})
