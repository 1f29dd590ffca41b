# Writes OUT with one MIGRATION("file", "text") line per file of FILES, byte for byte: the checksum of
# an embedded file is that of the file.
set(lines "")
foreach(file ${FILES})
  cmake_path(GET file FILENAME name)
  file(READ ${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "?" "\\?" text "${text}") # no trigraphs
  string(REPLACE "\n" "\\n\"\n\t\"" text "${text}")
  string(APPEND lines "MIGRATION(\"${name}\",\n\t\"${text}\")\n")
endforeach()
file(WRITE ${OUT} "${lines}")
