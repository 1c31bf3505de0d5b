"""Hashes that lmodforge vouches for, each with the source that vouches for it."""

from __future__ import annotations

KNOWN_TOOLS: dict[tuple[str, str, str], str] = {
    # Wheels by tool, version and platform, as their index stated them.
    ("uv", "0.13.8", "linux-x86_64"): "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ("uv", "0.13.8", "linux-aarch64"): "5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203",
    ("uv", "0.13.8", "linux-ppc64le"): "6999618363d03a0a085a9491db319e00b461dbda205db06ef1fd55dfcbf6472b",
}

KNOWN_INSTALLERS: dict[tuple[str, str, str], str] = {
    # Installers by kind, version and platform, as the tables of pyenv or Spack have them (both where it says so).
    # Not here: versions that no such table has, Miniforge 26.7.2-0 and all of micromamba among them.
    ("miniforge", "26.3.2-3", "linux-x86_64"): "848194851a98903134187fbb4ab50efe87b003e0c0f808f97644b7524a62bf2c",
    ("miniforge", "26.3.2-3", "linux-aarch64"): "2c113a69297e612b01ca0f320c22a3107a11f2ab9b573d79ac868a175945ce29",
    ("miniforge", "26.3.2-3", "linux-ppc64le"): "df7e80ee070ccc6031e2710eb4cf81ee0012264b587306b5aa3890d3d89edd97",
    # pyenv and Spack
    ("miniforge", "26.1.1-3", "linux-x86_64"): "b25b828b702df4dd2a6d24d4eb56cfa912471dd8e3342cde2c3d86fe3dc2d870",
    ("miniforge", "25.3.0-3", "linux-x86_64"): "1b57f8cb991982063f79b56176881093abb1dc76d73fda32102afde60585b5a1",
    ("miniforge", "25.3.0-3", "linux-aarch64"): "ac89f17b0eec4e98d38a53d1ae688e0f22c77d8ea5b5f008c2455e90ef095339",
    ("miniconda", "py312_24.9.2-0", "linux-x86_64"): "8d936ba600300e08eca3d874dee88c61c6f39303597b2b66baee54af4f7b4122",
    # pyenv
    ("miniforge", "24.11.3-2", "linux-x86_64"): "65af53dad30b3fcbd1cb1d4ad62fd3a86221464754844544558aae3a28795189",
    ("miniconda", "py313_26.5.3-1", "linux-x86_64"): "7358a5961dc6a4941d087281cd70313728fcc68695735e18a337321bc31c7f51",
    ("miniconda", "py312_26.5.3-1", "linux-x86_64"): "ecb43ee4ae30a7a5af87737e9548ceb21f0a10ec55b8dc40d247aa925b80bfec",
    ("miniconda", "py312_25.5.1-1", "linux-x86_64"): "e3228df32afc6d43cb190a416b91937cdcd1c6308d9fe652274539a07142966f",
    ("anaconda", "2024.10-1", "linux-x86_64"): "3ba0a298155c32fbfd80cbc238298560bf69a2df511783054adfc151b76d80d8",
    ("anaconda", "2025.12-2", "linux-x86_64"): "57b2b48cc5b8665e25fce7011f0389d47c1288288007844b3b1ba482d4f39029",
    # Spack; pyenv has only an MD5 of this one
    ("anaconda", "2022.05", "linux-x86_64"): "a7c0afe862f6ea19a596801fc138bde0463abcbce1b753e8d5c474b506a2db2d",
}
