#include "command.h"

const char program_help[] =
    "usage: fanin init --like SHAPES [options] -o OUT.safetensors   fill a model's weights\n"
    "       fanin list [NAME] [--json]                              the initializers and their parameters\n"
    "       fanin stat FILE [NAME...] [--json]                      statistics of the tensors of a file\n"
    "       fanin convert IN.params OUT.safetensors                 MXNet's files as safetensors\n"
    "       fanin devices                                           what can fill, or why it cannot\n"
    "       fanin --version\n"
    "       fanin COMMAND --help                                    all options of a command\n"
    "\n"
    "The same seed gives the same bits on every machine, with any number of threads and any sharding.\n"
    "\n"
    "  fanin init --like model.json --init xavier --seed 42 -o model.safetensors\n"
    "\n"
    "Exit codes: 0 done, 1 the work failed, 2 the command line is wrong.\n";

const char init_help[] =
    "usage: fanin init --like SHAPES [--init SPEC] [--rules FILE] [--seed N] [--dtype T] [--device D]\n"
    "                  [--threads N] [--shard R/W] [--dry-run [--json]] [--quiet] -o OUT.safetensors\n"
    "\n"
    "Fills every tensor that SHAPES names and writes them to a safetensors file.\n"
    "\n"
    "  --like SHAPES   names, dtypes and shapes: a .safetensors file (only its header is read), an index of\n"
    "                  sharded ones (model.safetensors.index.json), or a JSON manifest, {\"NAME\": {\"dtype\":\n"
    "                  \"F32\", \"shape\": [2, 3]}, ...}; - is standard input\n"
    "  --init SPEC     the model's initializer: a name, or JSON: '[\"xavier\", {\"magnitude\": 2}]'. It fills\n"
    "                  names that end in \"weight\"; the ends bias, beta, min give 0; gamma, max give 1\n"
    "  --rules FILE    a JSON array of pairs [pattern, spec]; the first pattern (Python's re, at the start\n"
    "                  of the name) that matches decides, whatever the name ends with\n"
    "  --seed N        decimal or 0x..., 64 bits; 0 if not given\n"
    "  --dtype T       the dtype of all floating-point tensors: F16, BF16, F32, F64, or float16, ...\n"
    "  --device D      cpu, cuda or cuda:N: where to fill\n"
    "  --threads N     threads of the host; all cores if not given. The values do not depend on it\n"
    "  --shard R/W     only part R (from 0) of W, cut along the first axis as torch.chunk does\n"
    "  --dry-run       show what each tensor would get, and write nothing; needs no -o\n"
    "  --json          the dry run as JSON\n"
    "  --quiet         no progress, notes or summary\n"
    "  -o, --output OUT.safetensors\n"
    "                  the file to write; it appears when it is complete, an existing one is replaced\n"
    "  -h, --help      this text\n"
    "\n"
    "Integer and bool tensors that nothing covers (num_batches_tracked) are 0. A name that nothing covers\n"
    "otherwise stops the run before anything is written. 'fanin list' shows the initializers.\n";

const char list_help[] = "usage: fanin list [NAME] [--json]\n"
                         "\n"
                         "The initializers, or one of them: aliases, parameters with type, default, bounds and meaning.\n"
                         "\n"
                         "  --json      as JSON\n"
                         "  -h, --help  this text\n";

const char stat_help[] =
    "usage: fanin stat FILE [NAME...] [--json]\n"
    "\n"
    "Statistics of the tensors of a safetensors file, or of an index of sharded ones: all, or those named.\n"
    "min, max, mean, std, rms (the norm over the root of the count) and the histogram, 16 bins from min to\n"
    "max, are of the finite elements; nan and inf count the others.\n"
    "\n"
    "  --json      as JSON\n"
    "  -h, --help  this text\n";

const char convert_help[] =
    "usage: fanin convert IN.params OUT.safetensors [--keep-names] [--quiet]\n"
    "\n"
    "Writes the arrays of a .params file of MXNet, of any version, to a safetensors file. Sparse arrays become\n"
    "dense; entries without an array are left out; arrays without names get their number, from 0.\n"
    "\n"
    "  --keep-names  keep \"arg:\" and \"aux:\", which checkpoints have in front of their names. Without it they are\n"
    "                dropped, and two names that are then equal are refused\n"
    "  --quiet       no progress, notes or summary\n"
    "  -h, --help    this text\n"
    "\n"
    "The file appears when it is complete; an existing one is replaced.\n";

const char devices_help[] = "usage: fanin devices\n"
                            "\n"
                            "A line for the CPU and one for each CUDA device that --device can name, or the reason why there is\n"
                            "none. The CPU's line names the variant of its kernels; the environment variable FANIN_CPU (portable,\n"
                            "avx2, avx512, neon) chooses another one. All give the same bits.\n"
                            "\n"
                            "  -h, --help  this text\n";
