# Installation: library, header, program, CMake package, pkg-config file, man page, documents.
include(CMakePackageConfigHelpers)

install(TARGETS fanin EXPORT fanin-targets)
# The modules that it opens must lie beside it.
install(TARGETS fanin_lapack LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET fanin_cuda)
  install(TARGETS fanin_cuda LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(DIRECTORY include/fanin TYPE INCLUDE)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fanin)
install(EXPORT fanin-targets NAMESPACE fanin:: DESTINATION ${package_dir})
configure_package_config_file(cmake/fanin-config.cmake.in fanin-config.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may break: it must be the same.
write_basic_package_version_file(fanin-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fanin-config.cmake ${PROJECT_BINARY_DIR}/fanin-config-version.cmake
        DESTINATION ${package_dir})

# Paths relative to the file itself, so that `cmake --install --prefix` and a moved tree work, but for those that are absolute.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(prefix_of_pc "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH prefix_of_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" /)
  string(REGEX REPLACE "/$" "" prefix_of_pc "\${pcfiledir}/${prefix_of_pc}")
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE libdir_of_pc)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}" OUTPUT_VARIABLE includedir_of_pc)
configure_file(cmake/fanin.pc.in fanin.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fanin.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The documents, with all that they link to in the places that they have in the source. The folder is fanin's own within another
# project as well.
if(PROJECT_IS_TOP_LEVEL)
  set(documents ${CMAKE_INSTALL_DOCDIR})
else()
  set(documents ${CMAKE_INSTALL_DATAROOTDIR}/doc/fanin)
endif()
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${documents})
install(DIRECTORY docs DESTINATION ${documents} PATTERN "fanin.1" EXCLUDE)
install(DIRECTORY examples DESTINATION ${documents} PATTERN "CMakeLists.txt" EXCLUDE)
install(FILES include/fanin/fanin.h DESTINATION ${documents}/include/fanin)
if(TARGET fanin_program)
  install(TARGETS fanin_program)
  install(FILES docs/fanin.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
endif()
