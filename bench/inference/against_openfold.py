"""foldmesh's Evoformer block against OpenFold's on PyTorch: same shapes, same threads, in turn; prints medians and ratios.

python against_openfold.py --openfold CHECKOUT --bench build/release/bench/inference/foldmesh_inference_bench
       [--python PYTHON_WITH_TORCH] [--shapes 128x128 512x256] [--dtypes fp32 bf16] [--rounds 3] [--threads 2]

CHECKOUT is a clone of github.com/aqlaboratory/openfold. Every round OpenFold runs with each of its settings that make a
difference on CPUs (chunk sizes, fused projections); its fastest counts.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

SETTINGS = [[], ["--fuse"], ["--chunk", "128", "--fuse"], ["--chunk", "32", "--fuse"]]


def openfold_seconds(args, n_seq, n_res, dtype):
    best = None
    for setting in SETTINGS:
        command = [args.python, str(pathlib.Path(__file__).with_name("openfold_block.py")), args.openfold,
                   "--n-seq", str(n_seq), "--n-res", str(n_res), "--dtype", dtype, "--threads", str(args.threads),
                   "--repeats", "1", *setting]
        result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        result["setting"] = " ".join(setting) or "plain"
        if best is None or min(result["seconds"]) < min(best["seconds"]):
            best = result
    return best


def foldmesh_block(args, n_seq, n_res, dtype):
    """Seconds and operations of one block, and the rate of the ceiling."""
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        subprocess.run([args.bench, "--model", "model_3_ptm", "--precision", dtype, "--blocks", "2", "--extra-blocks", "1",
                        "--n-res", str(n_res), "--n-seq", str(n_seq), "--n-extra", "1", "--n-templates", "0", "--passes",
                        "2", "--cpu", str(args.threads), "--json", out.name], check=True, stdout=subprocess.DEVNULL)
        result = json.load(open(out.name))
    block = [o for o in result["operators"] if o["name"].startswith("evoformer/")]
    calls = {o["calls"] for o in block}
    assert len(calls) == 1, calls
    n = calls.pop()
    return sum(o["seconds"] for o in block) / n, sum(o["flops"] for o in block) / n, result["ceiling_flops_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--openfold", required=True)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--shapes", nargs="+", default=["128x128", "512x256"], help="rows x residues")
    parser.add_argument("--dtypes", nargs="+", default=["fp32", "bf16"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()

    print(f"{'rows x res':>12} {'type':>5} {'OpenFold s':>11} {'foldmesh s':>11} {'ratio':>6} {'GFLOP/s':>8} {'ceiling':>8} "
          f"{'share':>6}  OpenFold's best setting")
    for shape in args.shapes:
        n_seq, n_res = map(int, shape.split("x"))
        for dtype in args.dtypes:
            peers, ours = [], []
            for _ in range(args.rounds):
                peers.append(openfold_seconds(args, n_seq, n_res, dtype))
                ours.append(foldmesh_block(args, n_seq, n_res, dtype))
            peer = statistics.median(min(p["seconds"]) for p in peers)
            seconds = statistics.median(o[0] for o in ours)
            rate, ceiling = ours[0][1] / seconds, max(o[2] for o in ours)
            print(f"{shape:>12} {dtype:>5} {peer:>11.3f} {seconds:>11.3f} {peer / seconds:>6.2f} {rate / 1e9:>8.0f} "
                  f"{ceiling / 1e9:>8.0f} {rate / ceiling:>6.1%}  {peers[0]['setting']}; torch {peers[0]['torch']}, "
                  f"{peers[0]['blas']}", flush=True)


if __name__ == "__main__":
    main()
