/**
 * zod would compile its checks with `new Function`. A program that proves what it does generates no code, and must run
 * with `--disallow-code-generation-from-strings`. Every file that makes a schema imports this one before zod.
 */
import { config } from "zod";

config({ jitless: true });
