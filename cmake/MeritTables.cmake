# merit_generate_table(loss src/loss merit_loss_def merit_loss_) lists every file
# src/loss/loss_<name>.c in <build>/generated/loss_table.inc:
#     X(merit_loss_<name with _>)
# so that adding a file adds an entry, in alphabetical order.
function(merit_generate_table family folder type prefix)
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/${family}_*.c)
    list(SORT files)
    set(text "// Generated: one line per ${folder}/${family}_*.c, of type ${type}.\n")
    foreach(file ${files})
        get_filename_component(name ${file} NAME_WE)
        string(REGEX REPLACE "^${family}_" "" name ${name})
        string(APPEND text "X(${prefix}${name})\n")
    endforeach()
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/${family}_table.inc
         CONTENT "${text}" @ONLY)
endfunction()
