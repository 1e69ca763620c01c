"""save_gpt2.py [FOLDER]: what a user of transformers does for a file of fresh GPT-2 weights; without FOLDER only its imports."""
import sys

from transformers import GPT2Config, GPT2LMHeadModel

if len(sys.argv) > 1:
    GPT2LMHeadModel(GPT2Config()).save_pretrained(sys.argv[1])
