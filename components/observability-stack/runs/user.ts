/** The images' own user, nobody, is who the programs of the stack are: none needs more than it is given. */
export const nobody = "65534:65534";
