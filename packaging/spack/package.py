# Spack recipe. Put this folder into a repository as packages/reprise.
from spack.package import *


class Reprise(CMakePackage):
    """Re-runs the experiments of image-recognition papers on CPUs and prints the results beside the published numbers."""

    license("Apache-2.0")
    version("main", branch="main", git="file:///path/to/reprise")

    variant("mpi", default=True, description="Ranks over Open MPI")
    variant("tests", default=False, description="Build the tests")
    variant("bench", default=False, description="Build reprise_bench")

    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("openmpi@4.1:", when="+mpi")
    depends_on("intel-oneapi-tbb@2021.8:")
    depends_on("hdf5@1.10.8:")
    depends_on("onednn@2.6.3: cpu_runtime=omp")
    depends_on("fmt@9.1:")
    depends_on("openblas@0.3.21: threads=none")
    depends_on("cli11@2.1.2:")
    depends_on("tomlplusplus")
    depends_on("random123")
    depends_on("xxhash")
    depends_on("nlohmann-json@3.11.2:")
    depends_on("curl@7.88:")
    depends_on("openssl@3:")
    depends_on("zlib-api")
    depends_on("libpng@1.6.39:")
    depends_on("libarchive@3.6.2:")
    depends_on("libjpeg-turbo@2.1.5:")
    depends_on("matio@1.5.23: +hdf5")
    depends_on("pugixml@1.13:")
    depends_on("boost@1.74: +math")
    depends_on("googletest@1.12.1:", when="+tests")
    depends_on("benchmark@1.7.1:", when="+bench")

    conflicts("%gcc@:11", msg="reprise needs C++20 of GCC 12")
    requires("target=x86_64_v3:", msg="the vector kernels need AVX2")

    def cmake_args(self):
        return [
            self.define_from_variant("REPRISE_MPI", "mpi"),
            self.define_from_variant("REPRISE_TESTS", "tests"),
            self.define_from_variant("REPRISE_BENCH", "bench"),
        ]
