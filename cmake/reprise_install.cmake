# Two components. program: the programs, the experiments' data files, manual page and completions. library: the libraries with their
# headers, and packages for find_package(reprise) and pkg-config. `cmake --install build/release --component program` installs one of them.
# Included after the libraries are declared and before the tests are.

include(CMakePackageConfigHelpers)

# The libraries reprise_* declared in a directory and below it.
function(reprise_libraries_below directory result)
  get_property(found DIRECTORY ${directory} PROPERTY BUILDSYSTEM_TARGETS)
  set(libraries "")
  foreach(target IN LISTS found)
    get_target_property(type ${target} TYPE)
    if(target MATCHES "^reprise_" AND type MATCHES "STATIC_LIBRARY|INTERFACE_LIBRARY")
      list(APPEND libraries ${target})
    endif()
  endforeach()
  get_property(folders DIRECTORY ${directory} PROPERTY SUBDIRECTORIES)
  foreach(folder IN LISTS folders)
    reprise_libraries_below(${folder} below)
    list(APPEND libraries ${below})
  endforeach()
  set(${result} ${libraries} PARENT_SCOPE)
endfunction()

reprise_libraries_below(${PROJECT_SOURCE_DIR} reprise_all_libraries)
install(TARGETS ${reprise_all_libraries} EXPORT repriseTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
foreach(program reprise reprise_bench reprise_bench_ranks)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
  endif()
endforeach()
foreach(folder suite datasets experiments reports)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/reprise COMPONENT library
          FILES_MATCHING PATTERN "*.hpp" PATTERN evidence EXCLUDE)
endforeach()

set(reprise_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/reprise)
install(EXPORT repriseTargets NAMESPACE reprise:: DESTINATION ${reprise_package_folder} COMPONENT library)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/repriseConfig.cmake.in ${PROJECT_BINARY_DIR}/repriseConfig.cmake
                              INSTALL_DESTINATION ${reprise_package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/repriseConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/repriseConfig.cmake ${PROJECT_BINARY_DIR}/repriseConfigVersion.cmake
        DESTINATION ${reprise_package_folder} COMPONENT library)

# pkg-config. The static libraries need each other, so the linker takes them as a group.
set(reprise_link_flags "")
foreach(library IN LISTS reprise_all_libraries)
  get_target_property(type ${library} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    string(APPEND reprise_link_flags " -l${library}")
  endif()
endforeach()
set(reprise_mpi_package "")
if(REPRISE_MPI)
  set(reprise_mpi_package " ompi-cxx")
endif()
set(reprise_hdf5_package ${reprise_hdf5_MODULE_NAME})
file(RELATIVE_PATH reprise_prefix_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
configure_file(${PROJECT_SOURCE_DIR}/cmake/reprise.pc.in ${PROJECT_BINARY_DIR}/reprise.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/reprise.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT library)

# Manual page and completions, written by the program itself.
if(TARGET reprise AND NOT REPRISE_SYNTAX_ONLY)
  set(written ${PROJECT_BINARY_DIR}/written)
  file(MAKE_DIRECTORY ${written})
  add_custom_command(OUTPUT ${written}/reprise.1 ${written}/reprise.bash ${written}/_reprise ${written}/reprise.fish
    COMMAND reprise manual > ${written}/reprise.1
    COMMAND reprise completion bash > ${written}/reprise.bash
    COMMAND reprise completion zsh > ${written}/_reprise
    COMMAND reprise completion fish > ${written}/reprise.fish
    DEPENDS reprise COMMENT "Writing the manual page and completions" VERBATIM)
  add_custom_target(reprise_manual ALL DEPENDS ${written}/reprise.1)
  install(FILES ${written}/reprise.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
  install(FILES ${written}/reprise.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME reprise COMPONENT program)
  install(FILES ${written}/_reprise DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions COMPONENT program)
  install(FILES ${written}/reprise.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT program)
endif()
