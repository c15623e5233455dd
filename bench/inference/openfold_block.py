"""One Evoformer block of OpenFold on PyTorch: prints seconds of each run as JSON. Called by against_openfold.py.

python openfold_block.py CHECKOUT --n-seq 512 --n-res 256 [--dtype fp32|bf16] [--threads 2] [--repeats 3]
"""

import argparse
import json
import sys
import time
import types

import torch

# The block of model_1: widths, heads and factors of the AlphaFold 2 supplement.
BLOCK = dict(
    c_m=256, c_z=128, c_hidden_msa_att=32, c_hidden_opm=32, c_hidden_mul=128, c_hidden_pair_att=32, no_heads_msa=8,
    no_heads_pair=4, transition_n=4, msa_dropout=0.15, pair_dropout=0.25, no_column_attention=False, opm_first=False,
    fuse_projection_weights=False, inf=1e9, eps=1e-3)


def import_block(checkout):
    """OpenFold's block without its CUDA extension and without what its package pulls in for training."""
    for name, path in {"openfold": "openfold", "openfold.model": "openfold/model", "openfold.utils": "openfold/utils",
                       "openfold.utils.kernel": "openfold/utils/kernel"}.items():
        package = types.ModuleType(name)
        package.__path__ = [f"{checkout}/{path}"]
        sys.modules[name] = package
    sys.modules["attn_core_inplace_cuda"] = types.ModuleType("attn_core_inplace_cuda")  # not called on CPUs
    from openfold.model.evoformer import EvoformerBlock
    return EvoformerBlock


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("checkout")
    parser.add_argument("--n-seq", type=int, required=True)
    parser.add_argument("--n-res", type=int, required=True)
    parser.add_argument("--dtype", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--chunk", type=int, default=0, help="0: no chunks")
    parser.add_argument("--fuse", action="store_true", help="OpenFold's fused projections of triangle multiplication")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    dtype = torch.float32 if args.dtype == "fp32" else torch.bfloat16
    block = import_block(args.checkout)(**{**BLOCK, "fuse_projection_weights": args.fuse}).eval().to(dtype)
    m = torch.randn(args.n_seq, args.n_res, BLOCK["c_m"]).to(dtype)
    z = torch.randn(args.n_res, args.n_res, BLOCK["c_z"]).to(dtype)
    msa_mask = torch.ones(args.n_seq, args.n_res, dtype=dtype)
    pair_mask = torch.ones(args.n_res, args.n_res, dtype=dtype)

    seconds = []
    with torch.inference_mode():
        for _ in range(args.repeats + 1):  # the first warms up
            inputs = m.clone(), z.clone()
            start = time.perf_counter()
            block(*inputs, msa_mask, pair_mask, chunk_size=args.chunk or None, inplace_safe=False,
                  _mask_trans=False)
            seconds.append(time.perf_counter() - start)
    blas = next((line.strip(" -") for line in torch.__config__.show().splitlines() if "Math Kernel" in line), "other")
    print(json.dumps({"seconds": seconds[1:], "torch": torch.__version__, "blas": blas}))


if __name__ == "__main__":
    main()
