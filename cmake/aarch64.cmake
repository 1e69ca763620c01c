# Toolchain: builds for 64-bit ARM on another machine, and runs what it builds (tests, configuration checks) under QEMU's user
# emulation. The libraries of the target lie in build/aarch64-root, where `script/bootstrap --aarch64` puts them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)

get_filename_component(aarch64_root "${CMAKE_CURRENT_LIST_DIR}/../build/aarch64-root" ABSOLUTE)
set(aarch64_libraries "${aarch64_root}/usr/lib/aarch64-linux-gnu")
set(CMAKE_FIND_ROOT_PATH "${aarch64_root}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} "${aarch64_root}")
set(ENV{PKG_CONFIG_LIBDIR} "${aarch64_libraries}/pkgconfig")
# For libraries that are linked by name alone, and for those that libraries need.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-L${aarch64_libraries} -Wl,-rpath-link,${aarch64_libraries}")

# Debian's cross compilers have the C library of the target in the folder that -L names.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L /usr/aarch64-linux-gnu -E "LD_LIBRARY_PATH=${aarch64_libraries}")
