/**
 * A program that holds a lock in Redis.
 *
 * @module
 */
import { Redis } from 'ioredis'
import { holdLock } from './lock-holder.fixture.ts'
import { redisStorage } from './redis.ts'

const [url, key, ttl] = process.argv.slice(2) as [string, string, string]
void holdLock(redisStorage(new Redis(url)), key, Number(ttl))
